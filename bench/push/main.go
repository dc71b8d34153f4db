// Command push compares a push of 5,000 small files with plain uploads of the
// same files, and the commit of a large push with that of one a quarter as large.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"golang.org/x/sync/errgroup"
)

const (
	files  = 5000
	size   = 2000 // bytes
	atOnce = 8
	rounds = 5

	few, many = 25_000, 100_000 // entries of the commits that are compared
	contents  = 100             // different ones among them
)

func main() { rig.Run(compare) }

func compare(ctx context.Context, dir string) (err error) {
	node, err := rig.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	return errors.Join(throughput(ctx, node), growth(ctx, node))
}

func throughput(ctx context.Context, node *rig.Node) error {
	dataset, err := node.CreateDataset(ctx, "uploads")
	if err != nil {
		return err
	}
	c, err := node.Client()
	if err != nil {
		return err
	}
	var ratios []float64
	for round := range rounds {
		uploads, err := timed(func() error { return upload(ctx, node, dataset, newTree(round, files)) })
		if err != nil {
			return err
		}
		pushes, err := timed(func() error {
			_, err := push(ctx, c, fmt.Sprintf("push-%d", round), newTree(round, files))
			return err
		})
		if err != nil {
			return err
		}
		ratio := uploads.Seconds() / pushes.Seconds()
		ratios = append(ratios, ratio)
		fmt.Printf("round %d: %d uploads %.2f s, push %.2f s, ratio %.2f\n", round+1, files, uploads.Seconds(), pushes.Seconds(), ratio)
	}
	median := rig.Median(ratios)
	rig.Verdict("push of 5,000 files, files/s / files/s of uploads", median, "at least 0.5", median >= 0.5)
	return nil
}

// growth tells whether a commit takes as much longer as it has more entries.
func growth(ctx context.Context, node *rig.Node) error {
	c, err := node.Client()
	if err != nil {
		return err
	}
	var ratios []float64
	for round := range 3 {
		var times [2]time.Duration
		for i, n := range []int{few, many} {
			tree := newTree(round, contents)
			for j := contents; j < n; j++ {
				tree[fmt.Sprintf("more/%d/%d.bin", j/1000, j)] = tree[path(j%contents)]
			}
			if times[i], err = push(ctx, c, fmt.Sprintf("growth-%d-%d", round, i), tree); err != nil {
				return err
			}
		}
		ratio := times[1].Seconds() / times[0].Seconds() / (many / few)
		ratios = append(ratios, ratio)
		fmt.Printf("round %d: commit of %d entries %.2f s, of %d %.2f s, ratio per entry %.2f\n", round+1, few, times[0].Seconds(), many, times[1].Seconds(), ratio)
	}
	median := rig.Median(ratios)
	rig.Verdict("commit, time per entry of 100,000 / of 25,000", median, "at most 1.5", median <= 1.5)
	return nil
}

// tree is files by path.
type tree map[string][]byte

func path(i int) string { return fmt.Sprintf("%d/%d.bin", i/100, i) }

// newTree makes files with new contents.
func newTree(round, n int) tree {
	t := tree{}
	for i := range n {
		content := make([]byte, size)
		rand.Read(content)
		t[path(i)] = content
	}
	return t
}

func upload(ctx context.Context, node *rig.Node, dataset string, t tree) error {
	var all errgroup.Group
	all.SetLimit(atOnce)
	for path, content := range t {
		all.Go(func() error { return node.Send(ctx, dataset, path, bytes.NewReader(content)) })
	}
	return all.Wait()
}

// push pushes a tree to a new dataset and returns how long the commit took.
func push(ctx context.Context, c *client.Client, slug string, t tree) (commit time.Duration, err error) {
	var entries []stamp.Entry
	for path, content := range t {
		sum := sha256.Sum256(content)
		entries = append(entries, stamp.Entry{Path: path, Hash: hex.EncodeToString(sum[:])})
	}
	d := client.Dataset{Org: "public", Slug: slug}
	begun, err := c.PushInit(ctx, d, "", stamp.New(entries, nil))
	if err != nil {
		return 0, err
	}
	var all errgroup.Group
	all.SetLimit(atOnce)
	sent := map[*byte]bool{}
	for _, path := range begun.NeededFiles {
		content := t[path]
		if sent[&content[0]] { // equal contents are needed once
			continue
		}
		sent[&content[0]] = true
		all.Go(func() error {
			return c.PushUpload(ctx, d, begun.Token, path, client.File{Name: path, Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(content)), nil
			}})
		})
	}
	if err := all.Wait(); err != nil {
		return 0, err
	}
	begin := time.Now()
	err = c.PushCommit(ctx, d, begun.Token)
	return time.Since(begin), err
}

// timed measures work. What was written before goes to the disk first.
func timed(work func() error) (time.Duration, error) {
	syscall.Sync()
	begin := time.Now()
	err := work()
	return time.Since(begin), err
}
