interface SeccompProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly syscalls: readonly {
    readonly names: readonly string[]
    readonly action: string
    readonly args?: readonly object[]
    readonly errnoRet?: number
    readonly includes?: SeccompCondition
    readonly excludes?: SeccompCondition
  }[]
}

interface SeccompCondition {
  readonly caps?: readonly string[]
  readonly arches?: readonly string[]
}

/** The default profile of container engines for a container without capabilities, in the format of the runtime specification. */
export function defaultSeccomp(text: string, arch: string): object {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(text) as SeccompProfile
  const here = arch === 'x64' ? 'amd64' : arch
  const holds = syscalls.filter(
    ({ includes = {}, excludes = {} }) =>
      !includes.caps?.length &&
      (!includes.arches?.length || includes.arches.includes(here)) &&
      !excludes.arches?.includes(here),
  )
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: [arch === 'x64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64'],
    syscalls: holds.map(({ names, action, args, errnoRet }) => ({
      names,
      action,
      ...(args ? { args } : {}),
      ...(errnoRet === undefined ? {} : { errnoRet }),
    })),
  }
}
