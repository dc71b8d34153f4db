package main

const ddbClient = "share and push belong to the issue of the ddb command line"

// Section 6.9 of the REST API's checklist.
var shareStatements = []statement{
	{number: 149, says: "share/init with an empty body", elsewhere: ddbClient},
	{number: 150, says: "init makes a public dataset", elsewhere: ddbClient},
	{number: 151, says: "init without write permission is refused", elsewhere: ddbClient},
	{number: 152, says: "upload answers hash, size and path", elsewhere: ddbClient},
	{number: 153, says: "both names of the routes answer alike", elsewhere: ddbClient},
	{number: 154, says: "three chunks in any order", elsewhere: ddbClient},
	{number: 155, says: "a wrong chunkMd5 is 400", elsewhere: ddbClient},
	{number: 156, says: "commit answers url and tag", elsewhere: ddbClient},
	{number: 157, says: "rollback keeps older files", elsewhere: ddbClient},
	{number: 158, says: "a foreign token is refused", elsewhere: ddbClient},
	{number: 159, says: "a push to an absent dataset needs all files", elsewhere: ddbClient},
	{number: 160, says: "a push needs only changed files", elsewhere: ddbClient},
	{number: 161, says: "hostile push paths and tokens are refused", elsewhere: ddbClient},
	{number: 162, says: "a commit with a missing file changes nothing", elsewhere: ddbClient},
	{number: 163, says: "a concurrent change is refused", elsewhere: ddbClient},
}
