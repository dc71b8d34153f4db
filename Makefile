# The commands of the project. `make run` and `make test` work on a fresh
# Debian 12 machine that has Go.

GO ?= go
BIN := bin/cairn
SCALAR := 1.40.0
OPENLAYERS := 10.11.0
MAPS := cmd/cairn/testdata/maps
PACKAGES := libgdal-dev libwebp-dev gdal-bin postgresql-15 postgresql-15-postgis-3 chromium unzip python3-gdal python3-venv slapd ldap-utils sqlite3 libsqlite3-mod-spatialite pkg-config gcc

.PHONY: run build test setup lint web bench clean

run: setup build ## a server with a small demo dataset
	@echo "Cairn at http://127.0.0.1:5000 (its page opens in a browser; Ctrl-C stops it)"
	$(BIN) serve --demo

build: ## bin/cairn
	$(GO) build -o $(BIN) ./cmd/cairn

test: setup ## every test
	$(GO) test ./...

setup: ## what a fresh machine lacks; says nothing when nothing is missing
	@.ci/setup $(PACKAGES)

lint: setup
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

web: ## the page, after a change in web/src, the script of /scalar/v1 and the map libraries that tests draw with: needs node and npm
	cd web && npm ci && npm run build
	cd web/reference && npm pack --silent @scalar/api-reference@$(SCALAR) | xargs -I{} sh -c \
		'tar -xzOf {} package/dist/browser/standalone.js | gzip -9n > scalar.js.gz && rm {}'
	for part in maplibre-gl maplibre-gl-worker; do gzip -9nc web/node_modules/maplibre-gl/dist/$$part.mjs > $(MAPS)/$$part.mjs.gz; done
	cp web/node_modules/maplibre-gl/LICENSE.txt $(MAPS)/maplibre-gl.LICENSE.txt
	cd $(MAPS) && npm pack --silent ol@$(OPENLAYERS) | xargs -I{} sh -c \
		'tar -xzOf {} package/dist/ol.js | gzip -9n > ol.js.gz && tar -xzOf {} package/LICENSE.md > ol.LICENSE.md && rm {}'

bench: PACKAGES += wrk zip
bench: PHOTOS ?= ../shared/data/drone-images
bench: setup build ## the figures of bench/README.md
	set -e; for what in tiles upload listing parallel zip push mosaic soak; do $(GO) run ./bench/$$what; done
	$(GO) run ./bench/peers -photos $(PHOTOS)
	$(GO) run ./bench/build -photos $(PHOTOS)

clean:
	rm -rf bin
