import { type CommandCall, type Flags, UsageError } from '@ack-secret-manager/command-line'
import { BASH } from './scripts/bash.ts'
import { FISH } from './scripts/fish.ts'
import { POWERSHELL } from './scripts/powershell.ts'
import { ZSH } from './scripts/zsh.ts'
import { type Shell, SHELLS } from './shells.ts'

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL }

/** `acksm completion` */
export function runCompletion({ argument, io }: CommandCall<Flags>): Promise<number> {
  const shell = SHELLS.find((each) => each === argument)
  if (shell === undefined) throw new UsageError(`SHELL: expected ${SHELLS.join(' or ')}`)
  io.stdout.write(SCRIPTS[shell])
  return Promise.resolve(0)
}
