# Steps with a mark, a time and, where one fails, the lines that matter. Sourced by the scripts that people run.

logs=${logs:-target/logs}
mkdir -p "$logs"

# step "text" command…: runs quietly, prints ✔ and the time; a failure shows the log's end and its file, and ends.
step() {
  local text=$1 began=$SECONDS log
  shift
  log="$logs/$(printf '%s' "$text" | tr -cs 'a-zA-Z0-9' '-' | sed 's/^-//; s/-$//').log"
  [ -t 1 ] && printf ' … %s' "$text"
  if "$@" >"$log" 2>&1; then
    [ -t 1 ] && printf '\r'
    printf ' ✔ %-46s %5s\n' "$text" "$(duration $((SECONDS - began)))"
  else
    [ -t 1 ] && printf '\r'
    printf ' ✘ %-46s %5s\n\n' "$text" "$(duration $((SECONDS - began)))"
    tail -n 25 "$log" | sed 's/^/   /'
    printf '\n   the rest is in %s\n' "$log"
    exit 1
  fi
}

duration() {
  if [ "$1" -ge 60 ]; then printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); else printf '%ds' "$1"; fi
}

cluster_tool() { cargo run --quiet --package shipshape-cluster -- "$@"; }
