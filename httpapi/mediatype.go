package httpapi

import (
	"path"
	"strings"
)

// mediaTypes are by extension. The list is fixed: what the machine's own table
// says would differ from server to server.
var mediaTypes = map[string]string{
	"tif": "image/tiff", "tiff": "image/tiff", "dng": "image/tiff", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
	"webp": "image/webp", "gif": "image/gif", "bmp": "image/bmp", "svg": "image/svg+xml",
	"laz": "application/vnd.laszip", "las": "application/vnd.las", "e57": "application/x-e57", "pts": "application/x-pts", "xyz": "text/plain; charset=utf-8",
	"ply": "application/x-ply", "spz": "application/x-spz",
	"mp4": "video/mp4", "mov": "video/quicktime", "m4v": "video/x-m4v", "avi": "video/x-msvideo", "mkv": "video/x-matroska", "webm": "video/webm",
	"obj": "model/obj", "gltf": "model/gltf+json", "glb": "model/gltf-binary", "mtl": "model/mtl",
	"geojson": "application/geo+json", "gpkg": "application/geopackage+sqlite3", "fgb": "application/flatgeobuf",
	"kml": "application/vnd.google-earth.kml+xml", "kmz": "application/vnd.google-earth.kmz",
	"shp": "application/x-shapefile", "shz": "application/x-shapefile", "shx": "application/x-shapefile", "dbf": "application/x-shapefile", "prj": "application/x-shapefile",
	"dxf": "application/dxf", "md": "text/markdown; charset=utf-8", "txt": "text/plain; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8",
	"json": "application/json", "topojson": "application/json", "zip": "application/zip", "xml": "application/xml", "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8",
}

// mediaType returns the media type of a file by its name.
func mediaType(name string) string {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".copc.laz") {
		return "application/vnd.laszip+copc"
	}
	if t, ok := mediaTypes[strings.TrimPrefix(path.Ext(lower), ".")]; ok {
		return t
	}
	return "application/octet-stream"
}
