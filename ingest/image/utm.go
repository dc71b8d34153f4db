package image

import "math"

// utmZone is a zone of the Universal Transverse Mercator grid on WGS 84.
type utmZone struct {
	number int // 1..60
	north  bool
}

// zoneOf returns the zone of a position in degrees, with the exceptions for
// south-west Norway and for Svalbard.
func zoneOf(lon, lat float64) utmZone {
	number := min(60, 1+int((lon+180)/6))
	switch {
	case lat >= 56 && lat < 64 && lon >= 3 && lon < 12:
		number = 32
	case lat >= 72 && lat <= 84 && lon >= 0 && lon < 42:
		switch {
		case lon < 9:
			number = 31
		case lon < 21:
			number = 33
		case lon < 33:
			number = 35
		default:
			number = 37
		}
	}
	return utmZone{number: number, north: lat >= 0}
}

func (z utmZone) centralMeridian() float64 {
	return float64(6*z.number - 183)
}

func (z utmZone) falseNorthing() float64 {
	if z.north {
		return 0
	}
	return 10_000_000
}

// WGS 84 and the constants of the grid.
const (
	semiMajorAxis = 6_378_137.0
	flattening    = 1 / 298.257223563
	scaleFactor   = 0.9996
	falseEasting  = 500_000.0

	// n is the third flattening, in powers of which the series run.
	n  = flattening / (2 - flattening)
	n2 = n * n
	n3 = n2 * n
	n4 = n3 * n

	rectifyingRadius = semiMajorAxis / (1 + n) * (1 + n2/4 + n4/64)
)

// The coefficients of Krüger's series to the fourth order in n, as given by
// C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers",
// Journal of Geodesy 85 (2011), equations 35 and 36, and by R. E. Deakin et
// al., "Karney-Krueger equations" (2012), for the latitude. The error within a
// zone is far below a millimetre.
var (
	krugerForward = [4]float64{
		n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180,
		13*n2/48 - 3*n3/5 + 557*n4/1440,
		61*n3/240 - 103*n4/140,
		49561 * n4 / 161280,
	}
	krugerInverse = [4]float64{
		n/2 - 2*n2/3 + 37*n3/96 - n4/360,
		n2/48 + n3/15 - 437*n4/1440,
		17*n3/480 - 37*n4/840,
		4397 * n4 / 161280,
	}
	latitudeFromConformal = [4]float64{
		2*n - 2*n2/3 - 2*n3 + 116*n4/45,
		7*n2/3 - 8*n3/5 - 227*n4/45,
		56*n3/15 - 136*n4/35,
		4279 * n4 / 630,
	}
)

// forward projects degrees to easting and northing in metres.
func (z utmZone) forward(lon, lat float64) (easting, northing float64) {
	phi, lambda := radians(lat), radians(lon-z.centralMeridian())
	e := math.Sqrt(flattening * (2 - flattening))
	s := math.Sin(phi)
	t := math.Sinh(math.Atanh(s) - e*math.Atanh(e*s)) // tangent of the conformal latitude
	xi0 := math.Atan2(t, math.Cos(lambda))
	eta0 := math.Atanh(math.Sin(lambda) / math.Hypot(1, t))

	xi, eta := xi0, eta0
	for i, a := range krugerForward {
		k := 2 * float64(i+1)
		xi += a * math.Sin(k*xi0) * math.Cosh(k*eta0)
		eta += a * math.Cos(k*xi0) * math.Sinh(k*eta0)
	}
	const radius = scaleFactor * rectifyingRadius
	return falseEasting + radius*eta, z.falseNorthing() + radius*xi
}

// inverse returns the degrees of a place on the grid. Longitudes stay on the
// zone's side of the antimeridian, so they may pass 180.
func (z utmZone) inverse(easting, northing float64) (lon, lat float64) {
	const radius = scaleFactor * rectifyingRadius
	xi := (northing - z.falseNorthing()) / radius
	eta := (easting - falseEasting) / radius
	xi0, eta0 := xi, eta
	for i, b := range krugerInverse {
		k := 2 * float64(i+1)
		xi0 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		eta0 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	chi := math.Asin(math.Sin(xi0) / math.Cosh(eta0)) // conformal latitude
	phi := chi
	for i, d := range latitudeFromConformal {
		phi += d * math.Sin(2*float64(i+1)*chi)
	}
	lambda := math.Atan2(math.Sinh(eta0), math.Cos(xi0))
	return z.centralMeridian() + degrees(lambda), degrees(phi)
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

func degrees(radians float64) float64 { return radians * 180 / math.Pi }
