// Package doors decides who may come in, and what they may do there.
//
// People come in by a name and a password from a Book, or by a link that works once;
// either begins a session, which a cookie holds. Programs come in by a token, which a
// Book holds too. A proxy that is trusted may say who it has let in. A Keeper knows all
// of these ways, and bounds how often each can be tried.
//
// Nothing here knows of routes: what a Visitor may do is for the server to ask.
package doors
