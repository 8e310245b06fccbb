#!/usr/bin/env bash
# vole predict --slurm with the real Slurm: slurmctld, munged and three slurmd on this machine, in a
# folder that goes afterwards. As root. A task is killed, a node drained, the path has a space; what
# comes of it equals a prediction by one process, row by row. Not part of run.sh: ten minutes.
# usage: bash tests/slurm.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
vole=$build/bin/vole
skip() { echo "skipped: $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "slurmd and munged are started as root"
for program in slurmctld slurmd munged sbatch squeue scontrol sqlite3 jq; do
  PATH=$PATH:/usr/sbin command -v $program > /dev/null ||
    skip "$program is missing (apt-get install slurm-wlm munge sqlite3 jq)"
done
[ -x "$vole" ] || { echo "build vole first: ninja -C $build vole vole-learn" >&2; exit 2; }
export PATH=$PATH:/usr/sbin

work=$(mktemp -d /tmp/vole-slurm-XXXXXX)
chmod 755 "$work"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  sleep 1
  for pid in "${pids[@]}"; do kill -9 "$pid" 2> /dev/null || true; done
  [ "${KEEP:-}" ] || rm -rf "$work"
}
trap finish EXIT

# A key and a socket of our own: a munge that runs here already is left alone.
mkdir -m 700 "$work"/{munge,state}
mkdir -m 755 "$work/run"
dd if=/dev/urandom bs=64 count=1 of="$work/munge/key" 2> /dev/null
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/run/munge" \
  --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" --log-file="$work/munge/log" &
pids+=($!)
host=$(hostname -s)
base=$((20000 + RANDOM % 20000))
export SLURM_CONF=$work/slurm.conf
cat > "$SLURM_CONF" << CONF
ClusterName=vole
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$base
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$work/run/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldPidFile=$work/slurmctld.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=batch_sched_delay=1,sched_interval=2
JobRequeue=1
KillWait=5
NodeName=node[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((base + 1))-$((base + 3))] CPUs=1 State=UNKNOWN
PartitionName=short Nodes=node[1-3] Default=YES MaxTime=60 State=UP
CONF
sleep 1
slurmctld -D &
pids+=($!)
for node in 1 2 3; do
  mkdir -p "$work/spool-node$node"
  slurmd -D -N node$node &
  pids+=($!)
done > /dev/null 2>&1
for _ in $(seq 60); do
  [ "$(sinfo -h -o %D -t idle 2> /dev/null)" = 3 ] && break
  sleep 1
done
sinfo

# --- a project whose path has a space: two videos, five parts
at="$work/a lab"
mkdir "$at"
cd "$at"
"$vole" synth one --scene tiny --frames 1000 --quiet > /dev/null
"$vole" synth two --scene tiny --frames 40 --seed 2 --quiet > /dev/null
mv two/video.mp4 'the other one.mp4'
"$vole" new 'a b.vole' > /dev/null
"$vole" add-video 'a b.vole' one/video.mp4 'the other one.mp4' --quiet > /dev/null
"$vole" import 'a b.vole' --format coco one/labels.json --video video > /dev/null
"$vole" train 'a b.vole' --steps 5 --quiet > /dev/null
cp 'a b.vole' whole.vole
"$vole" predict whole.vole --quiet > /dev/null
cp 'a b.vole' killed.vole

rows() {  # all that is stored, but for numbers and times of jobs
  sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1" |
    while read -r table; do
      echo "== $table"
      columns='*'
      [ "$table" != jobs ] || columns='kind, options, state, error, model_id'
      sqlite3 "$1" '.mode quote' "SELECT $columns FROM $table"
    done
}
equal() {
  rows whole.vole > whole.txt
  rows "$1" > other.txt
  cmp whole.txt other.txt || { echo "FAILED: $1 differs" >&2; exit 1; }
  echo "equal: $1, $(wc -l < other.txt) rows"
}
wait_for() {  # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || { echo "FAILED: waited for: $*" >&2; squeue; exit 1; }
    sleep 0.3
  done
}
queue_is_empty() { [ -z "$(squeue -h)" ]; }
state() { scontrol show job "$1" 2> /dev/null | grep -o 'JobState=[A-Z_]*' | head -1; }

# --- as it should be
SECONDS=0
"$vole" predict 'a b.vole' --slurm --partition short --time 10 --array 3
"$vole" jobs 'a b.vole' | head -20
wait_for 300 queue_is_empty
equal 'a b.vole'
echo "three tasks: $SECONDS s"

# --- a task killed in the middle, and a node drained
submitted=$("$vole" predict killed.vole --slurm --array 3 --json)
array=$(jq .array_job <<< "$submitted")
worker() { victim=$(pgrep -f 'predict .*killed.vole --part 1/3' | tail -1); [ "$victim" ]; }
wait_for 120 worker
kill -9 "$victim"
scontrol update NodeName=node3 State=DRAIN Reason=test
restarted() { scontrol show job "${array}_1" | grep -q 'Restarts=1'; }
wait_for 200 restarted
echo "task 1 was killed, and queued again alone: $(state "${array}_1")"
# A requeued task is held back for two minutes; one that is cancelled is gone.
scancel "${array}_1"
wait_for 300 queue_is_empty
"$vole" jobs killed.vole | tail -20
again=$("$vole" predict killed.vole --slurm --array 3 --json)
[ "$(jq -c .tasks <<< "$again")" = '[1]' ] || { echo "FAILED: $again" >&2; exit 1; }
echo "submitted again, alone: task 1"
wait_for 300 queue_is_empty
equal killed.vole
[ ! -e killed.vole.parts ] || { echo "FAILED: parts were left" >&2; exit 1; }
sinfo
echo "slurm: all is well"
