package thermal

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/tiling/thermal/thermaltest"
)

// The rules of make and model, then of XMP, then of FLIR's segment, then of words.
func TestFind(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]Evidence{
		"flir":                 {{Make: "FLIR Systems"}, {Make: "Teledyne flir"}, {XMP: map[string]string{"PlanckR1": "1"}}, {XMP: map[string]string{"Emissivity": "0.9", "ThermalMeasureMode": "x"}}, {FLIR: true}},
		"flir-vue-pro-r":       {{Make: "FLIR", Model: "Vue Pro R 640"}, {Texts: []string{"TIFFTAG_SOFTWARE FLIR"}}},
		"dji-h20t":             {{Make: "DJI", Model: "ZH20T"}, {Make: "dji", Model: "Zenmuse H20T"}, {Texts: []string{"made with H20T"}}},
		"dji-h30t":             {{Make: "DJI", Model: "Zenmuse H30T"}},
		"dji-mavic-3t":         {{Make: "DJI", Model: "M3T"}, {Make: "DJI", Model: "MAVIC3T"}, {Make: "DJI", Model: "Mavic 3 Enterprise"}},
		"workswell-wirisprosc": {{Make: "Workswell s.r.o.", Model: "WirisProSc"}},
		"micasense-altum":      {{Make: "MicaSense", Model: "Altum-PT"}},
		"dji":                  {{XMP: map[string]string{"ThermalMeasureMode": "1"}}, {XMP: map[string]string{"ThermalObjectEmissivity": "1"}}},
		"thermal":              {{Texts: []string{"", "description=LWIR mosaic"}}, {Texts: []string{"Surface_Temperature"}}, {Units: []string{"°C"}}, {Units: []string{"K"}}},
		"": {{}, {Make: "DJI", Model: "FC6310"}, {Make: "MicaSense", Model: "RedEdge"}, {XMP: map[string]string{"Emissivity": "1"}},
			{Texts: []string{"Temperature corrected elevation model"}}, {Texts: []string{"a DSM in a thermal project"}}, {Texts: []string{"hypothermal"}}, {Units: []string{"m"}}},
	} {
		for _, e := range list {
			assert.Equal(t, want, Find(e), "%+v", e)
		}
	}
}

// rawOf is the raw number of a temperature: Planck's law the other way round.
func rawOf(celsius float64) float64 {
	return thermaltest.R1/(thermaltest.R2*(math.Exp(thermaltest.B/(celsius+273.15))-thermaltest.F)) - thermaltest.O
}

func TestRadiometricJPEG(t *testing.T) {
	t.Parallel()
	values := make([]uint16, 64*48)
	for i := range values {
		values[i] = uint16(math.Round(rawOf(float64(i%64) - 10)))
	}
	for _, o := range []thermaltest.Options{{}, {PNG: true}, {PNG: true, NoMedian: true}, {LittleEndian: true}, {LittleEndian: true, PNG: true, RightBytes: true}} {
		file := thermaltest.JPEG(t, 64, 48, values, o)
		xmp, flir := ReadJPEG(bytes.NewReader(file))
		assert.Nil(t, xmp)
		raw, c := ParseFLIR(flir)
		require.NotNil(t, raw, "%+v", o)
		require.NotNil(t, c)
		assert.Equal(t, [2]int{64, 48}, [2]int{raw.Width, raw.Height})
		assert.Equal(t, values, raw.Values, "%+v", o)
		for x, v := range raw.Values[:64] {
			assert.InDelta(t, float64(x)-10, c.Celsius(float64(v)), 0.05)
		}
		assert.InDelta(t, 0.95, c.Emissivity, 1e-6)
		assert.InDelta(t, 21, c.ReflectedApparentTemperature, 1e-3)
		assert.InDelta(t, 55, c.RelativeHumidity, 1e-3)
		assert.InDelta(t, 0.9, c.IRWindowTransmission, 1e-6)
	}
}

func TestCalibrationOfXMP(t *testing.T) {
	t.Parallel()
	const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
		xmlns:FLIR="http://ns.flir.com/xmp/1.0/" FLIR:PlanckR1="17096.453" FLIR:PlanckB="14288/10" FLIR:PlanckF="1">
		<FLIR:PlanckO>-342</FLIR:PlanckO><FLIR:PlanckR2>0.046642166</FLIR:PlanckR2><FLIR:Emissivity>0.98</FLIR:Emissivity></rdf:Description></rdf:RDF></x:xmpmeta>`
	c := FromXMP(Properties([]byte(packet)))
	require.NotNil(t, c)
	assert.Equal(t, Calibration{PlanckR1: 17096.453, PlanckB: 1428.8, PlanckF: 1, PlanckO: -342, PlanckR2: 0.046642166, Emissivity: 0.98}, *c)
	assert.Nil(t, FromXMP(Properties([]byte(`<a PlanckR1="1e400" PlanckB="NaN"/>`))))
	assert.Nil(t, FromXMP(nil))
	assert.Empty(t, Properties([]byte("\x00<<<")))
}

// Whatever the bytes say, nothing is read outside of them.
func FuzzParseFLIR(f *testing.F) {
	_, flir := ReadJPEG(bytes.NewReader(thermaltest.JPEG(f, 8, 4, make([]uint16, 32), thermaltest.Options{})))
	f.Add(flir)
	wild := bytes.Clone(flir)
	binary.BigEndian.PutUint32(wild[64+12:], math.MaxUint32-8) // a record that ends before it begins
	binary.BigEndian.PutUint32(wild[64+16:], 16)
	f.Add(wild)
	f.Fuzz(func(t *testing.T, data []byte) {
		if raw, _ := ParseFLIR(data); raw != nil && len(raw.Values) != raw.Width*raw.Height {
			t.Fatal("values are missing")
		}
		ReadJPEG(bytes.NewReader(data))
	})
}
