import type { CommandIo, Completion } from '@ack-secret-manager/command-line'
import { contextNames } from './context-names.ts'
import { DEADLINE_MS } from './deadlines.ts'
import { profileNames } from './profile-names.ts'
import type { SourceRequest } from './source-request.ts'

/** Finds candidates. None after a failure, or what was found at the deadline. */
export async function candidatesOf(asked: SourceRequest, io: CommandIo): Promise<readonly Completion[]> {
  const request = afterEquals(asked)
  const { prefix, typed } = request
  try {
    const found = await find(request, io)
    return found
      .filter(({ word }) => word.startsWith(typed))
      .map(({ word, help }) => ({ word: `${prefix}${word}`, help }))
  } catch {
    // A message would end up in the line that a user is typing. The command itself reports the cause.
    return []
  }
}

/** For `--all PREFIX=SECRET` and `--get NAME=SECRET`, the secret after the first `=`. `--get` has none without it. */
function afterEquals(request: SourceRequest): SourceRequest {
  const { source, prefix, typed } = request
  if (source !== 'prefixed-secret' && source !== 'named-secret') return request
  const start = typed.indexOf('=') + 1
  if (start === 0 && source === 'named-secret') return request
  return { ...request, source: 'secret', prefix: `${prefix}${typed.slice(0, start)}`, typed: typed.slice(start) }
}

async function find(request: SourceRequest, io: CommandIo): Promise<readonly Completion[]> {
  switch (request.source) {
    case 'context':
      return contextNames(request.given.get('kubeconfig'), io)
    case 'profile':
      return profileNames(io.env)
    case 'reason': {
      const { REASON_GUIDES } = await import('@ack-secret-manager/resources')
      const reasons = new Set(REASON_GUIDES.map(({ reason }) => reason))
      return [...reasons].map((word) => ({ word, help: '' }))
    }
    case 'namespace':
    case 'resource':
    case 'push-secret': {
      // The namespace of manifests is not that of a cluster.
      if (!('kubeconfig' in request.command.flags)) return []
      const { clusterNames } = await import('./cluster-names.ts')
      return beforeDeadline(io.signal, (signal) => clusterNames(request, io, signal))
    }
    case 'secret': {
      if (!isOn(io.env['ACKSM_COMPLETE_SECRETS'])) return []
      const { secretNames } = await import('./secret-names.ts')
      return beforeDeadline(io.signal, (signal) => secretNames(request, io, signal))
    }
    default:
      return []
  }
}

/** Also ends work that does not react to the signal, such as a credential plug-in of a kubeconfig. */
async function beforeDeadline<T>(stop: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)])
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => setImmediate(reject, new Error('deadline')), { once: true })
  })
  return Promise.race([work(signal), ended])
}

function isOn(value: string | undefined): boolean {
  return /^(?:1|t|true)$/i.test(value ?? '')
}
