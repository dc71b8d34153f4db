package cairn

// Health is what a part of the server that works says of itself; one that
// does not work answers with an error instead.
type Health struct {
	Warning string         // what an operator should look after; "" for nothing
	Figures map[string]any // what the judgement rests on
}
