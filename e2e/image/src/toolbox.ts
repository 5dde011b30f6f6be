/**
 * Arguments for `exec` that run a program of `tools`: only this program sees `tools` mounted over /usr and /etc. A search path is not
 * enough, because buildah restarts itself without its environment.
 */
export function withTools(tools: string, [program, ...args]: readonly [string, ...string[]]): [string, ...string[]] {
  const layOver = (directory: string): string =>
    `mount -t overlay tools -o "lowerdir=$0/${directory}:/${directory}" /${directory}`
  // crun fails on a machine with both versions of cgroups, even if it must not use any.
  const withoutCgroups = 'mount -t tmpfs tmpfs /sys/fs/cgroup'
  const script = `${layOver('usr')} && ${layOver('etc')} && ${withoutCgroups} && exec "$@"`
  return ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', script, tools, program, ...args]
}
