package httpapi

var usersRoutes = []route{
	{pattern: "POST /users/authenticate", body: `{}`, needs: always(needsNothing), status: []int{400}},
	{pattern: "POST /users/authenticate/refresh", needs: always(needsUser)},
}
