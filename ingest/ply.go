package ingest

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/cairngeo/cairn/catalog"
)

// maxPLYHeader bounds what is read of a PLY header: 512 lines, 64 KiB.
const maxPLYHeader = 64 << 10

// describePLY tells a mesh, a point cloud and Gaussian splats apart by the header.
func describePLY(ctx context.Context, from source) (catalog.Description, error) {
	file, err := from.open(ctx)
	if err != nil {
		return catalog.Description{}, err
	}
	defer file.Close()
	return catalog.Description{Type: plyType(io.NewSectionReader(file, 0, min(file.Size(), maxPLYHeader)))}, nil
}

func plyType(r io.Reader) catalog.EntryType {
	lines := bufio.NewScanner(r)
	if !lines.Scan() || strings.TrimRight(lines.Text(), "\r") != "ply" {
		return catalog.Generic
	}
	var faces, texture bool
	properties := map[string]bool{}
	for n := 1; n < 512 && lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		switch fields := strings.Fields(line); {
		case line == "end_header" && faces && texture:
			return catalog.Generic // the texture is elsewhere
		case line == "end_header" && faces:
			return catalog.Model
		case line == "end_header" && isSplat(properties):
			return catalog.GaussianSplat
		case line == "end_header":
			return catalog.PointCloud
		case strings.HasPrefix(line, "element face "):
			faces = true
		case strings.HasPrefix(line, "comment TextureFile "):
			texture = true
		case len(fields) > 2 && fields[0] == "property":
			properties[fields[len(fields)-1]] = true
		}
	}
	return catalog.Generic
}

func isSplat(properties map[string]bool) bool {
	if properties["f_dc_0"] {
		return true
	}
	for _, p := range []string{"scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3", "opacity"} {
		if !properties[p] {
			return false
		}
	}
	return true
}
