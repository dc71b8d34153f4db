package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Python returns the bin folder of a virtual environment with the packages,
// each as name==version, and makes it in the user's cache if it isn't there.
func Python(ctx context.Context, name string, packages ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "cairn", name)
	bin := filepath.Join(home, "bin")
	installed := filepath.Join(home, "installed")
	if list, err := os.ReadFile(installed); err == nil && string(list) == fmt.Sprint(packages) {
		return bin, nil
	}
	fmt.Println("installing", packages, "into", home)
	for _, command := range [][]string{
		{"/usr/bin/python3", "-m", "venv", home},
		append([]string{filepath.Join(bin, "pip"), "install", "-q"}, packages...),
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", command[0], err, out)
		}
	}
	return bin, os.WriteFile(installed, []byte(fmt.Sprint(packages)), 0o600)
}
