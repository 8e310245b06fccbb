#!/usr/bin/env bash
# Builds and runs tests under the sanitizers of the compiler: all of them but the slow trainings with
# AddressSanitizer and UndefinedBehaviorSanitizer, those of threads with ThreadSanitizer.
# usage: bash tests/sanitize.sh [address,undefined | thread]...      default: both; two hours on two cores
#        bash tests/sanitize.sh --quick     what tests/run.sh includes: readers of files, and queues
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
vole_install "${vole_build_packages[@]}" "${vole_test_packages[@]}"

# Trainings to convergence, which take minutes each under a sanitizer; run by tests/run.sh without one.
slow='train[.](detector_overfit|detector_training|behavior_learning|yolo_training|train_job|idnet)_test'
slow+='|app[.](together|behavior_networks|journey)_test|infer[.]pipeline_test'
slow+='|app[.](fault_loop|verb_mix)'  # hundreds of programs, each of which loads a sanitizer
threads='infer[.]pipeline_test|datasets[.](project|store_failure|video_cache|process_memory)_test'
threads+='|app[.](tool_worker|name_counter|backup|latest_worker|learned_blobs)_test|infer[.]bounded_queue_test'

# LibTorch, OpenCV and Mesa are not instrumented: what they do among themselves is theirs.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:new_delete_type_mismatch=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=suppressions=$PWD/tests/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1

if [ "${1:-}" = --quick ]; then
  vole_configure . build
  ninja -C build test_threads test_readers >build/quick.log || { tail -40 build/quick.log >&2; exit 1; }
  for test in test_threads test_readers; do
    build/bin/$test --no-skipped-summary --minimal
    echo "$test: right"
  done
  exit 0
fi

kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(address,undefined thread)
for kind in "${kinds[@]}"; do
  build=build/${kind//,/_}
  echo "Building with -fsanitize=$kind into $build"
  vole_configure . "$build" -DVOLE_SANITIZE="$kind" -DCMAKE_BUILD_TYPE=RelWithDebInfo
  ninja -C "$build"
  if [ "$kind" = thread ]; then
    ctest --test-dir "$build" --output-on-failure -j 1 -R "$threads"
  else
    ctest --test-dir "$build" --output-on-failure -j "$(nproc)" -E "$slow"
  fi
done
