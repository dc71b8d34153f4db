package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/cairngeo/cairn/httpapi"
)

// hubFlags are the settings of a web client.
type hubFlags struct {
	HubOptions string `type:"existingfile" placeholder:"FILE" help:"JSON file with options of the web client: appName, appLogo, singleOrganization and others, as /sys/features shows them."`
}

// options reads the file, nil without one. A member that is unknown is a
// mistake that nobody would notice otherwise.
func (f hubFlags) options() (*httpapi.HubOptions, error) {
	if f.HubOptions == "" {
		return nil, nil
	}
	file, err := os.Open(f.HubOptions)
	if err != nil {
		return nil, fmt.Errorf("hub options: %w", err)
	}
	defer file.Close()
	var options httpapi.HubOptions
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&options); err != nil {
		return nil, fmt.Errorf("hub options in %s: %w", f.HubOptions, err)
	}
	return &options, nil
}
