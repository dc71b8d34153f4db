package main

// storageFlags are the limits of what people store.
type storageFlags struct {
	LimitStorage bool `help:"Refuse what would bring the owner of an organization over the maxStorageMB in the user's metadata. Administrators may bring anything."`
}
