package httpapi

import (
	"net/http"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// maxForm is the most bytes of the form by which a browser shows a token.
const maxForm = 16 << 10

func (s *Server) registerSessions() {
	s.plain("POST /session", s.beginSession)
	s.plain("POST /session/end", s.endSession)
}

// beginSession takes the token of a form and gives the browser a cookie for it. A page
// of another site cannot send the form: see [New].
func (s *Server) beginSession(w http.ResponseWriter, r *http.Request) {
	if s.Sessions == nil {
		writeProblem(w, api.NotFound("This ledger has no sessions."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		writeProblem(w, api.Malformed("The form cannot be read."))
		return
	}
	principal, err := s.Holder(r.Context(), r.PostForm.Get("token"))
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	if !principal.May(access.Watch) {
		writeProblem(w, api.DeniedOf(&access.Denial{Principal: principal, Right: access.Watch}))
		return
	}
	http.SetCookie(w, s.Sessions.Begin(principal, r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	if s.Sessions != nil {
		http.SetCookie(w, s.Sessions.End(r))
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
