curl 'http://shop.example/api/v1/orders/4711?page=2&q=a%20b' \
  -H 'accept: application/json' \
  -H 'authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl' \
  -b 'session=abc123; theme=dark' \
  -H 'user-agent: Mozilla/5.0' \
  -H 'x-requested-with: XMLHttpRequest' \
  --data-raw $'{"name":"it\'s \\u00fc","password":"hunter2hunter2","count":3,"big":12345678901234567890,"tags":["a","b"],"none":null}' \
  -H 'content-type: application/json' --compressed --insecure
curl -sSL -u ann:s3cret99 -X PUT -d name=Ann -d 'city=New York' --data-urlencode 'note=50% & more' http://shop.example/users/ann ;
curl -G --data-urlencode 'q=sea shells' "http://shop.example/search"
curl -F 'title=A picture' -F 'file=@cat.gif;type=image/gif' http://shop.example/pictures
curl --json '{"a":[1,2,{"b":"c"}]}' http://api.other.example/x//y -H 'X-API-Key: k3y-k3y-k3y'
curl -I shop.example
curl https://shop.example/quotes --json '{"it'\''s":"100% '"'"$'ours\u0027","path":"a\\\\b'\ c\"}
