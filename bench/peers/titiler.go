package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
)

// titiler is a running TiTiler, with as many processes as there are cores.
type titiler struct {
	url string
	cmd *exec.Cmd
}

// settings are those that TiTiler's guide to performance recommends for GDAL.
var settings = []string{
	"GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR", "GDAL_CACHEMAX=200", "GDAL_INGESTED_BYTES_AT_OPEN=32768", "VSI_CACHE=TRUE", "VSI_CACHE_SIZE=5000000",
	"GDAL_HTTP_MERGE_CONSECUTIVE_RANGES=YES", "GDAL_HTTP_MULTIPLEX=YES", "GDAL_HTTP_VERSION=2", "PYTHONWARNINGS=ignore", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS=.tif",
}

func startTiTiler(ctx context.Context) (*titiler, error) {
	bin, err := rig.Python(ctx, "titiler", "titiler.application==2.4.0", "uvicorn==0.54.0", "uvloop", "httptools")
	if err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return nil, err
	}
	t := &titiler{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	t.cmd = exec.Command(filepath.Join(bin, "uvicorn"), "titiler.application.main:app", "--host=127.0.0.1", "--port="+strconv.Itoa(port),
		"--workers="+strconv.Itoa(runtime.NumCPU()), "--log-level=error", "--no-access-log")
	t.cmd.Env = append(os.Environ(), settings...)
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(time.Minute); ; {
		response, _, err := rig.Get(ctx, t.url+"/healthz", "")
		if err == nil && response.StatusCode == http.StatusOK {
			return t, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			t.stop()
			return nil, fmt.Errorf("it does not answer: %w", err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// stop ends it with its workers.
func (t *titiler) stop() {
	syscall.Kill(-t.cmd.Process.Pid, syscall.SIGTERM)
	t.cmd.Wait() // says how it was ended
}
