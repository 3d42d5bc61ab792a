#!/bin/sh
# Fails if one of the libraries calls what a library must not: imports.sh NM SHARED STATIC
# Printing, ending the process, signals, the environment, process-wide state, and BLAS settings that are the host's. A
# name in brackets stands for all of its forms, including the checked ones of _FORTIFY_SOURCE.
set -eu
nm=$1 shared=$2 static=$3
forbidden='
(__)?v?f?printf(_chk)? v?dprintf puts putchar putc fputs fputc perror psignal stdin stdout stderr
warn warnx err errx error syslog
exit _exit _Exit quick_exit abort __assert_fail __assert atexit on_exit at_quick_exit __cxa_atexit
signal sigaction sigprocmask raise kill alarm setitimer
getenv secure_getenv setenv unsetenv putenv clearenv environ
srand rand random srandom drand48 srand48 lrand48 mrand48 strtok strerror localtime gmtime ctime asctime
setlocale uselocale umask chdir fchdir setrlimit setpriority
system popen fork vfork execv execvp execve execl posix_spawn
gets tmpnam tempnam mktemp
openblas_set_num_threads goto_set_num_threads bli_thread_set_num_threads omp_set_num_threads MKL_Set_Num_Threads'

pattern=$(echo "$forbidden" | tr -s '\n ' '||' | sed 's/^|//; s/|$//')
undefined=$("$nm" -D --undefined-only "$shared"; "$nm" --undefined-only "$static")
case $undefined in
*memcpy*memcpy*) ;;
*) echo "no imports were found in $shared and $static"; exit 1 ;;
esac
if echo "$undefined" | sed -n 's/^ *[Uvw] //p' | sed 's/@.*//' | LC_ALL=C sort -u | grep -E "^($pattern)\$"; then
    echo 'the library calls the functions above, which a library must not'
    exit 1
fi
