package main

import (
	"slices"
	"testing"
)

// ddbProtocol is the checklist of the native client's protocol. Its requests
// are written to the wire as the client was seen to write them.
var ddbProtocol = slices.Concat(
	ddbAuthenticationStatements,
	ddbTransportStatements,
	ddbDatasetStatements,
	ddbStampStatements,
	ddbPushInitStatements,
	ddbPushUploadStatements,
	ddbPushCommitStatements,
	ddbMetadataStatements,
	ddbDownloadStatements,
	ddbShareStatements,
	ddbCommandStatements,
)

func TestConformanceDDB(t *testing.T) { checkStatements(t, "native client", ddbProtocol, 110) }
