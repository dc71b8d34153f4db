package style

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Letters name the bands that formulas are made of: red, green, blue, near
// infrared, red edge, thermal.
var Letters = []string{"R", "G", "B", "N", "Re", "T"}

// Filter says which band has which letter; bands are numbered from 1.
type Filter map[string]int

// ParseFilter reads the letters of successive bands, such as BGRReN. Any other
// character passes a band over; what goes beyond the bands is ignored; of equal
// letters the last counts.
func ParseFilter(text string, bands int) Filter {
	f := Filter{}
	for band := 1; text != "" && band <= bands; band++ {
		token := firstToken(text)
		if slices.Contains(Letters, token) {
			f[token] = band
		}
		text = text[len(token):]
	}
	return f
}

// firstToken is the first character, or Re.
func firstToken(text string) string {
	if strings.HasPrefix(text, "Re") {
		return "Re"
	}
	_, n := utf8.DecodeRuneInString(text)
	return text[:n]
}

// String writes the filter as ParseFilter reads it, in the order of the bands.
// L stands for a band without a letter.
func (f Filter) String() string {
	letters := map[int]string{}
	last := 0
	for _, l := range Letters {
		if band := f[l]; band > 0 {
			letters[band] = l
			last = max(last, band)
		}
	}
	var text strings.Builder
	for band := 1; band <= last; band++ {
		if l := letters[band]; l != "" {
			text.WriteString(l)
		} else {
			text.WriteString("L")
		}
	}
	return text.String()
}

// filterByName finds letters by the names of bands; the first that fits a
// letter has it.
func filterByName(names []string) Filter {
	f := Filter{}
	for i, name := range names {
		if l := letterOf(strings.ToLower(name)); l != "" && f[l] == 0 {
			f[l] = i + 1
		}
	}
	return f
}

func letterOf(name string) string {
	switch {
	case strings.Contains(name, "red edge"), strings.Contains(name, "rededge"):
		return "Re"
	case strings.HasPrefix(name, "red"):
		return "R"
	case strings.HasPrefix(name, "green"):
		return "G"
	case strings.HasPrefix(name, "blue"):
		return "B"
	case strings.HasPrefix(name, "nir"):
		return "N"
	case name == "lwir", strings.Contains(name, "thermal"):
		return "T"
	}
	return ""
}
