import { type CommandIo, type ReadFlags, readFlags } from '@ack-secret-manager/command-line'
import { VERSION } from '../version.ts'
import { FLAGS } from './flags.ts'

/** Parses the command line and the environment. @returns undefined if help or version was printed. @throws UsageError */
export function parseFlags(
  argv: readonly string[],
  env: CommandIo['env'],
  io: Pick<CommandIo, 'stdout' | 'columns'>,
): ReadFlags<typeof FLAGS> | undefined {
  const program = {
    name: 'ack-secret-manager',
    version: VERSION,
    description: 'Keeps Kubernetes Secrets equal to secrets in Alibaba Cloud KMS.',
    examples: [
      ['ack-secret-manager --region cn-beijing --watch-namespaces web,shop', 'two namespaces, in another region'],
      ['ack-secret-manager --polling-interval 30s', 'on a laptop, with the current kubeconfig'],
      ['ACKSM_KMS_QPS=200 ack-secret-manager', 'a flag from the environment'],
    ],
    note: 'Every flag is also read from the environment: --kms-qps as ACKSM_KMS_QPS.',
    flags: FLAGS,
    env,
  } as const
  return readFlags(program, argv, io)
}
