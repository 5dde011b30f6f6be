import { describe, expect, it } from 'vitest'
import { defaultSeccomp } from './default-seccomp.ts'

describe('the default seccomp profile', () => {
  const rule = (name: string, rest: object = {}): object => ({ names: [name], action: 'SCMP_ACT_ALLOW', ...rest })
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      rule('read', { args: [], includes: {}, excludes: {} }),
      rule('mount', { includes: { caps: ['CAP_SYS_ADMIN'] } }),
      rule('clone', { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
      rule('arch_prctl', { includes: { arches: ['amd64'] } }),
      rule('s390', { includes: { arches: ['s390x'] } }),
      rule('not-here', { excludes: { arches: ['amd64'] } }),
    ],
  }

  it('allows the system calls of its architecture that need no capability', () => {
    const { syscalls } = defaultSeccomp(JSON.stringify(profile), 'x64') as { syscalls: { names: string[] }[] }
    expect(syscalls.flatMap(({ names }) => names)).toEqual(['read', 'clone', 'arch_prctl'])
  })
})
