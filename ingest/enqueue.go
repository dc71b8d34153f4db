package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cairngeo/cairn/catalog"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

// request is a hash that changes with what is asked and with what the result is made from.
func (p Plan) request(tool About) (string, error) {
	request, err := json.Marshal([]any{tool.ID, tool.Version, p.Path, p.Params, p.Inputs})
	if err != nil {
		return "", fmt.Errorf("params: %w", err)
	}
	sum := sha256.Sum256(request)
	return hex.EncodeToString(sum[:]), nil
}

// task is the task that the plan asks for.
func (p Plan) task(tool About, job *int64) (catalog.NewTask, error) {
	params, err := json.Marshal(p.Params)
	if err != nil {
		return catalog.NewTask{}, fmt.Errorf("params: %w", err)
	}
	n := catalog.NewTask{Params: string(params), Job: job}
	if n.Request, err = p.request(tool); err != nil {
		return catalog.NewTask{}, err
	}
	if p.Path != "" {
		n.Path = &p.Path
	}
	if p.Product != nil {
		key := p.Product.Key()
		n.Hash, n.Product = &p.Hash, &key
	}
	return n, nil
}

// addTasks adds tasks of a tool and the jobs that they wait for, in the
// transaction that needs them, and returns their ids.
func (in *Ingest) addTasks(ctx context.Context, tx catalog.Tx, n catalog.NewTasks, plans ...Plan) (ids []int64, err error) {
	tool, err := in.tool(n.Tool, n.Version)
	if err != nil {
		return nil, err
	}
	jobs, err := in.addJobs(ctx, tx, n.Tool, n.Force, plans...)
	if err != nil {
		return nil, err
	}
	n.Each = make([]catalog.NewTask, len(plans))
	for i, p := range plans {
		if n.Each[i], err = p.task(tool.About(), jobs[i]); err != nil {
			return nil, err
		}
	}
	return tx.AddTasks(ctx, n)
}

// backgroundPriority is that of jobs which nobody waits for; it is the queue's lowest.
const backgroundPriority = 4

// addJobs enqueues a job for the product of each plan; a job of its own for a plan without one, no
// job for a product that is ready, one job for all who want the same product.
func (in *Ingest) addJobs(ctx context.Context, tx catalog.Tx, tool string, force bool, plans ...Plan) ([]*int64, error) {
	needed, err := in.neededProducts(ctx, tx, force, plans)
	if err != nil {
		return nil, err
	}
	var inserts []river.InsertManyParams
	positions := make([]int, len(plans)) // in inserts, -1 without a job
	byKey := map[string]int{}
	for i, plan := range plans {
		args, queue := taskArgs{Tool: tool, Key: uuid.NewString()}, taskQueue
		if p := plan.Product; p != nil {
			args.Key, args.Product, queue = p.Key(), p.Key(), buildQueue
			if _, wanted := slices.BinarySearch(needed, args.Key); !wanted {
				positions[i] = -1
				continue
			}
		}
		position, known := byKey[args.Key]
		if !known {
			position = len(inserts)
			byKey[args.Key] = position
			options := &river.InsertOpts{Queue: queue}
			if plan.Background {
				options.Priority = backgroundPriority
			}
			inserts = append(inserts, river.InsertManyParams{Args: args, InsertOpts: options})
		}
		positions[i] = position
	}
	ids := make([]*int64, len(plans))
	if len(inserts) == 0 {
		return ids, nil
	}
	added, err := in.queue.InsertManyTx(ctx, tx.Tx, inserts)
	if err != nil {
		return nil, fmt.Errorf("enqueue: %w", err)
	}
	for i, position := range positions {
		if position >= 0 {
			ids[i] = &added[position].Job.ID
		}
	}
	return ids, nil
}

// neededProducts returns, in order, the keys of the products that must be built.
func (in *Ingest) neededProducts(ctx context.Context, tx catalog.Tx, force bool, plans []Plan) ([]string, error) {
	var wanted []catalog.Product
	for _, plan := range plans {
		if p := plan.Product; p != nil {
			wanted = append(wanted, *p)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	needed, err := tx.RequestProducts(ctx, wanted, force)
	slices.Sort(needed)
	return needed, err
}
