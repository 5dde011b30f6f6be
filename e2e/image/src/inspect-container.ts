import { readFile } from 'node:fs/promises'
import type { ContainerRuntime } from './container-runtime.ts'

const NODE = '/usr/local/bin/node'

/** Privileges of a process under the restricted Pod Security Standard with a read-only root. */
export const RESTRICTED_PRIVILEGES = {
  me: 65532,
  writable: [],
  // The probe is the only other process: there is no shell, init or helper.
  processes: 2,
  user: '65532\t65532\t65532\t65532',
  group: '65532\t65532\t65532\t65532',
  groups: '',
  capabilities: Array.from({ length: 5 }, () => '0000000000000000'),
  noNewPrivileges: '1',
  // Mode 2 is a filter, as with RuntimeDefault.
  seccomp: '2',
}

/** Inspects the last started container, as its user. */
export async function inspectPrivileges(runtime: ContainerRuntime): Promise<object> {
  const script = await readFile(new URL('./probe.mjs', import.meta.url), 'utf8')
  const response = await runtime.exec(NODE, '--input-type=module', '-e', script)
  const { me, writable, processes, status } = JSON.parse(response) as {
    me: number
    writable: string[]
    processes: number
    status: Record<string, string>
  }
  return {
    me,
    writable,
    processes,
    user: status['Uid'],
    group: status['Gid'],
    groups: status['Groups']?.trim(),
    capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => status[name]),
    noNewPrivileges: status['NoNewPrivs'],
    seccomp: status['Seccomp'],
  }
}
