package traffic

func (w *writer) multipart() {
	for _, path := range []string{"bytes", "mime/multipart", "net/textproto", "cmp", "mime"} {
		w.uses(path)
	}
	w.line("// %s is a multipart form. Each part has a name, the name of a file or \"\", that file's type, and a value.", w.parts)
	w.line("func %s(parts [][4]string) load.Option {", w.parts)
	w.line(`var b bytes.Buffer
	form := multipart.NewWriter(&b) // a buffer takes everything
	for _, p := range parts {
		if p[1] == "" {
			form.WriteField(p[0], p[3])
			continue
		}
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": p[0], "filename": p[1]}))
		header.Set("Content-Type", cmp.Or(p[2], "application/octet-stream"))
		if w, err := form.CreatePart(header); err == nil {
			w.Write([]byte(p[3]))
		}
	}
	form.Close()
	return load.Body(form.FormDataContentType(), b.Bytes())
}
`)
}
