package cluster

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const mebi = 1 << 20

// settings returns the arguments that tune PostgreSQL. They are given on the
// command line, where they win over the cluster's own files.
func (c Config) settings() ([]string, error) {
	memory := c.MemoryBytes
	if memory == 0 {
		var err error
		if memory, err = machineMemory(); err != nil {
			return nil, err
		}
	}
	list := []string{
		"listen_addresses=",
		"port=5432", // only names the socket
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_destination=stderr",
		"logging_collector=off",
		"log_line_prefix=%b|",
		"log_min_error_statement=panic", // statements hold people's data
		"max_connections=200",
		"jit=off", // compiling costs more than the short queries of a catalog
	}
	if c.Ephemeral {
		list = append(list, ephemeral...)
	} else {
		list = append(list, durable(memory)...)
	}
	var arguments []string
	for _, setting := range list {
		arguments = append(arguments, "-c", setting)
	}
	return arguments, nil
}

// ephemeral suits many small clusters side by side whose data nobody keeps.
var ephemeral = []string{
	"fsync=off",
	"full_page_writes=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"autovacuum=off", // plans change when a test says ANALYZE, not by time
	"shared_buffers=64MB",
	"random_page_cost=1.1",
}

// durable shares memory bytes with cairn's own caches and with the page cache,
// which also holds the blobs: PostgreSQL's buffers get an eighth.
func durable(memory int64) []string {
	share := func(part, least, most int64) string {
		return fmt.Sprintf("%dMB", min(max(memory/part/mebi, least), most))
	}
	return []string{
		"fsync=on",
		"synchronous_commit=on",
		"shared_buffers=" + share(8, 32, 4096),
		"effective_cache_size=" + share(2, 128, 64*1024),
		"maintenance_work_mem=" + share(32, 32, 1024),
		"work_mem=" + share(1024, 4, 16),
		"random_page_cost=1.1", // solid state, or in memory
		"effective_io_concurrency=64",
		"wal_compression=on",
		"max_wal_size=2GB",
	}
}

// machineMemory returns the bytes of memory that this machine or container has.
func machineMemory() (int64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, fmt.Errorf("memory of the machine: %w", err)
	}
	memory := int64(info.Totalram) * int64(info.Unit)
	for _, limit := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(limit)
		if err != nil {
			continue // another version of cgroups
		}
		if bytes, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil { // "max" is no number
			memory = min(memory, bytes)
		}
	}
	return memory, nil
}
