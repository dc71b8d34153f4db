package httpapi

import (
	"net/http"
	"net/url"
	"reflect"

	"github.com/cairngeo/cairn/tiling/style"
	"github.com/danielgtaylor/huma/v2"
)

// StyleInput is how a raster is to look, in the query.
type StyleInput struct {
	Preset       string `query:"preset" doc:"Id of a preset of the raster's sensor, as raster-info lists them" example:"true-color"`
	Bands        string `query:"bands" doc:"One to three numbers of bands from 1, for red, green and blue. Wins over preset" example:"3,2,1"`
	Formula      string `query:"formula" doc:"Id of a formula, as raster-metadata lists them, or an expression of the bands R, G, B, N, Re, T, b1, b2, … with + - * / ^ ( ) min max sqrt abs log. Wins over bands" example:"NDVI"`
	BandFilter   string `query:"bandFilter" doc:"Letters of the bands in the order of the file; found out if absent" example:"BGRReN"`
	Colormap     string `query:"colormap" doc:"Id of a colour map, as raster-metadata lists them, for a formula, a single band that bands names, or an algorithm; rdylgn if absent, grayscale of algorithms" example:"viridis"`
	Rescale      string `query:"rescale" doc:"Range of values min,max that is shown. Wins over stretch" example:"-0.2,0.9"`
	Resampling   string `query:"resampling" doc:"How pixels between those of the raster are made: nearest, bilinear or cubic. Without it pixels are shown as they are beyond the full resolution, and means of them where it is reduced" example:"bilinear"`
	Algorithm    string `query:"algorithm" doc:"What is made of the heights that a band has, or that a formula makes: hillshade, slope (degrees), aspect (degrees from north), or terrain-rgb or terrarium, the encodings for clients that draw terrain" example:"hillshade"`
	Azimuth      string `query:"azimuth" doc:"Of the sun of hillshade, in degrees from north, clockwise; 315 if absent" example:"315"`
	Altitude     string `query:"altitude" doc:"Of the sun of hillshade, in degrees above the horizon; 45 if absent" example:"45"`
	ZFactor      string `query:"zfactor" doc:"By which heights are multiplied for hillshade, slope and aspect; 1 if absent. Feet are metres already if the raster says that they are feet" example:"2"`
	NodataHeight string `query:"nodataHeight" doc:"Metres that terrain-rgb and terrarium have where the raster has none; without it pixels are transparent there" example:"0"`
	Stretch      string `query:"stretch" doc:"Range of values that is shown: percentile (2nd to 98th of the whole raster), minmax, stddev, none (of the data type) or custom (as without it)" example:"percentile"`
}

func (in StyleInput) parse() (style.Style, error) { return style.Parse(style.Parameters(in)) }

// styleOf reads the style that a request asks for.
func styleOf(r *http.Request) (style.Style, error) {
	return StyleInput{
		Preset: query(r, "preset"), Bands: query(r, "bands"), Formula: query(r, "formula"), BandFilter: query(r, "bandFilter"),
		Colormap: query(r, "colormap"), Rescale: query(r, "rescale"), Resampling: query(r, "resampling"),
		Algorithm: query(r, "algorithm"), Azimuth: query(r, "azimuth"), Altitude: query(r, "altitude"), ZFactor: query(r, "zfactor"), NodataHeight: query(r, "nodataHeight"),
		Stretch: query(r, "stretch"),
	}.parse()
}

// addTo adds what is asked for to the parameters of an address.
func (in StyleInput) addTo(values url.Values) {
	v := reflect.ValueOf(in)
	for i, p := range styleParameters {
		if text := v.Field(i).String(); text != "" {
			values.Set(p.Name, text)
		}
	}
}

// styleParameters describe the fields of StyleInput in the document, for streams.
var styleParameters = func() []*huma.Param {
	var list []*huma.Param
	for field := range reflect.TypeFor[StyleInput]().Fields() {
		list = append(list, textParameter(field.Tag.Get("query"), field.Tag.Get("doc")))
	}
	return list
}()

var (
	stretchParameter = styleParameters[len(styleParameters)-1]
	versionParameter = textParameter("v", "Hash of the entry: the answer may then be cached for a year")
)

func textParameter(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: doc}
}
