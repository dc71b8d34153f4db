package thermal

import (
	"math"
	"strconv"
	"strings"
)

// Calibration is what a thermal camera says of itself and of the air: the
// constants of Planck's law that make temperatures of its raw numbers.
type Calibration struct {
	PlanckR1                     float64 `json:"planckR1" example:"14906.216"`
	PlanckB                      float64 `json:"planckB" example:"1396.5"`
	PlanckF                      float64 `json:"planckF" example:"1"`
	PlanckO                      float64 `json:"planckO" example:"-7261"`
	PlanckR2                     float64 `json:"planckR2" example:"0.010956882"`
	Emissivity                   float64 `json:"emissivity" example:"0.95"`
	ObjectDistance               float64 `json:"objectDistance" doc:"Metres" example:"1"`
	ReflectedApparentTemperature float64 `json:"reflectedApparentTemperature" doc:"°C" example:"20"`
	AtmosphericTemperature       float64 `json:"atmosphericTemperature" doc:"°C" example:"20"`
	RelativeHumidity             float64 `json:"relativeHumidity" doc:"Percent" example:"50"`
	IRWindowTemperature          float64 `json:"irWindowTemperature" doc:"°C" example:"20"`
	IRWindowTransmission         float64 `json:"irWindowTransmission" example:"1"`
}

const celsiusZero = 273.15 // kelvin

// Celsius is the temperature of a black body that the camera saw as raw.
func (c *Calibration) Celsius(raw float64) float64 {
	return c.PlanckB/math.Log(c.PlanckR1/(c.PlanckR2*(raw+c.PlanckO))+c.PlanckF) - celsiusZero
}

// usable tells whether the constants make temperatures.
func (c *Calibration) usable() bool {
	return c.PlanckR1 > 0 && c.PlanckR2 > 0 && c.PlanckB > 0 && finite(c.PlanckR1*c.PlanckR2*c.PlanckB) && finite(c.PlanckF) && finite(c.PlanckO)
}

// FromXMP takes the calibration that a camera writes into XMP, nil if it does
// not. Values may have a unit behind them, or be rational.
func FromXMP(properties map[string]string) *Calibration {
	number := func(name string) float64 {
		text, _, _ := strings.Cut(strings.TrimSpace(properties[name]), " ")
		if above, below, ok := strings.Cut(text, "/"); ok {
			n, _ := strconv.ParseFloat(above, 64)
			d, _ := strconv.ParseFloat(below, 64)
			text = strconv.FormatFloat(n/d, 'g', -1, 64)
		}
		if v, err := strconv.ParseFloat(text, 64); err == nil && finite(v) {
			return v
		}
		return 0
	}
	c := &Calibration{
		PlanckR1: number("PlanckR1"), PlanckB: number("PlanckB"), PlanckF: number("PlanckF"), PlanckO: number("PlanckO"), PlanckR2: number("PlanckR2"),
		Emissivity: number("Emissivity"), ObjectDistance: number("ObjectDistance"), RelativeHumidity: number("RelativeHumidity"),
		ReflectedApparentTemperature: number("ReflectedApparentTemperature"), AtmosphericTemperature: number("AtmosphericTemperature"),
		IRWindowTemperature: number("IRWindowTemperature"), IRWindowTransmission: number("IRWindowTransmission"),
	}
	if !c.usable() {
		return nil
	}
	return c
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
