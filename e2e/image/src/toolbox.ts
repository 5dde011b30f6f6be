/**
 * Arguments of a program of `tools` for `exec`: only this program sees them mounted over /usr and /etc of this machine.
 * With a search path alone it would not do, as buildah starts itself again without its environment.
 */
export function withTools(tools: string, [program, ...args]: readonly [string, ...string[]]): [string, ...string[]] {
  const layOver = (directory: string): string =>
    `mount -t overlay tools -o "lowerdir=$0/${directory}:/${directory}" /${directory}`
  // Where a machine has both kinds of cgroups crun gives up, even if it is to use none.
  const withoutCgroups = 'mount -t tmpfs tmpfs /sys/fs/cgroup'
  const script = `${layOver('usr')} && ${layOver('etc')} && ${withoutCgroups} && exec "$@"`
  return ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', script, tools, program, ...args]
}
