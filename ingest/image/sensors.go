package image

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"
)

// sensorTable has the sensor widths in millimetres by lower-case "make model".
// The numbers are facts: they come from the camera sensor list of OpenSfM
// (BSD-2-Clause) and, for the drone cameras it lacks, from their makers' data.
//
//go:embed sensors.csv
var sensorTable []byte

var sensorWidths = sync.OnceValue(func() map[string]float64 {
	rows, err := csv.NewReader(bytes.NewReader(sensorTable)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("the embedded sensors.csv: %v", err))
	}
	widths := make(map[string]float64, len(rows))
	for _, row := range rows[1:] { // below the header
		width, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			panic(fmt.Sprintf("the embedded sensors.csv, %q: %v", row[0], err))
		}
		widths[row[0]] = width
	}
	return widths
})
