package main

// downloadFlags are the limits of downloads.
type downloadFlags struct {
	MaxDownloadsPerUser           int  `help:"Downloads that one user, or one address without a user, may have under way at a time; any number if 0. Administrators are exempt."`
	DisableAnonymousBulkDownloads bool `help:"Only users may download archives; others get single files."`
}
