package cog

import (
	"encoding/xml"
	"strings"
)

// maxUnits is how many bands may have a unit, and maxUnit how long it may be.
const (
	maxUnits = 1024
	maxUnit  = 64
)

// units reads what the bands' values are measured in from GDAL's metadata, an
// XML text. One that can't be read says nothing.
func (t *file) units(d directory) ([]string, error) {
	if f, ok := d[tagGDALMetadata]; ok && f.count*f.valueSize() > maxTagBytes {
		return nil, nil
	}
	data, err := t.raw(d, tagGDALMetadata)
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Items []struct {
			Role   string `xml:"role,attr"`
			Sample int    `xml:"sample,attr"`
			Text   string `xml:",chardata"`
		} `xml:"Item"`
	}
	if xml.Unmarshal([]byte(text(data)), &metadata) != nil {
		return nil, nil
	}
	var units []string
	for _, item := range metadata.Items {
		unit := strings.TrimSpace(item.Text)
		if item.Role != "unittype" || item.Sample < 0 || item.Sample >= maxUnits || len(unit) > maxUnit {
			continue
		}
		for len(units) <= item.Sample {
			units = append(units, "")
		}
		units[item.Sample] = unit
	}
	return units, nil
}
