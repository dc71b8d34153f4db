package cairn

// Version is Cairn's own version, as /version and /sys/version give it.
const Version = "0.1.0"
