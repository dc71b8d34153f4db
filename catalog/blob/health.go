package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cairngeo/cairn"
)

// lowSpace is the free space below which an operator should look after the disk.
const lowSpace = 1 << 30

// Health writes a small file as an upload is written, reads it back, and looks
// at the free space.
func (f *Folder) Health(context.Context) (cairn.Health, error) {
	if err := f.tryWriting(); err != nil {
		return cairn.Health{}, cairn.Errorf(cairn.Unavailable, "Files can't be written to the data folder.").Because(err)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(f.dir, &disk); err != nil {
		return cairn.Health{}, cairn.Errorf(cairn.Unavailable, "The free space of the data folder can't be found out.").Because(err)
	}
	free, total := disk.Bavail*uint64(disk.Bsize), disk.Blocks*uint64(disk.Bsize)
	health := cairn.Health{Figures: map[string]any{"freeBytes": free, "totalBytes": total}}
	if free < lowSpace {
		health.Warning = "The disk of the data folder is nearly full."
	}
	return health, nil
}

func (f *Folder) tryWriting() (err error) {
	file, err := os.CreateTemp(f.Scratch(), "health-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	written, read := make([]byte, 4096), make([]byte, 4096)
	rand.Read(written)
	if _, err := file.Write(written); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if _, err := file.ReadAt(read, 0); err != nil {
		return err
	}
	if !bytes.Equal(written, read) {
		return fmt.Errorf("%s reads back as something else", file.Name())
	}
	return nil
}
