import type { OperatorProcess } from '@ack-secret-manager/testenv'
import type { FaultProxy, ProxiedRequest, ProxyHook } from '@ack-secret-manager/test-support/fault-proxy'
import type { ReplicaFault } from './fault.ts'
import type { Violation } from '../invariants/invariant-checker.ts'
import type { Replicas } from '../run/replicas.ts'
import type { ChaosEnvironment } from '../run/chaos-environment.ts'

/** Starts a fault of a replica. @returns a function that ends it */
export async function beginReplicaFault(
  { replicas, proxies }: ChaosEnvironment,
  fault: ReplicaFault,
  onViolation: (violation: Violation) => void,
): Promise<() => Promise<void>> {
  const leader = replicas.leader()
  const refill = (): Promise<void> => replicas.fill()
  switch (fault.kind) {
    case 'kill-leader':
      if (leader) replicas.kill(leader)
      return refill
    case 'stop-leader': {
      const ended = leader && replicas.end(leader)
      return async () => {
        const code = (await ended) ?? 0
        if (code !== 0 && code !== 1) {
          const expected = 'it finishes pending writes and exits in time, with 0, or with 1 after a lost lease'
          onViolation({ rule: 'a replica exits cleanly', object: 'operator', expected, seen: `ended by ${code}` })
        }
        await refill()
      }
    }
    case 'pause-leader':
      leader?.program.kill('SIGSTOP')
      return async () => {
        leader?.program.kill('SIGCONT')
        await refill()
      }
    case 'stale-write': {
      const held = holdNextWrite(proxies.api, replicas)
      return async () => {
        held.release()
        await refill()
      }
    }
    case 'kill-at-call': {
      const proxy = fault.service === 'kms' ? proxies.kms : proxies.api
      proxy.hook = killAtCall(replicas, fault, () => undefined)
      return async () => {
        proxy.hook = undefined
        await refill()
      }
    }
    case 'clock-jump':
      if (leader) await replicas.setClock(leader, fault.hours)
      return async () => {
        if (leader) await replicas.setClock(leader, 0)
        await refill()
      }
  }
}

/** A write that the proxy holds while its replica is paused. */
export interface HeldWrite {
  /** Resolves with the replica when it is paused. */
  readonly begun: Promise<OperatorProcess>
  /** Resolves with the status of the response, after the release. */
  readonly answered: Promise<number>
  /** Forwards the write, then resumes the replica. */
  release(): void
}

/** Pauses the leader during its next write of a Secret, before the proxy forwards it. */
export function holdNextWrite(proxy: FaultProxy, replicas: Replicas): HeldWrite {
  let begin: (writer: OperatorProcess) => void = () => undefined
  let letGo = (): void => undefined
  const begun = new Promise<OperatorProcess>((resolve) => (begin = resolve))
  const released = new Promise<void>((resolve) => (letGo = resolve))
  let answer: (status: number) => void = () => undefined
  const answered = new Promise<number>((resolve) => (answer = resolve))
  let writer: OperatorProcess | undefined
  let write: ProxiedRequest | undefined
  proxy.hook = {
    hold: (call) => {
      const leader = replicas.leader()
      if (writer || !leader || !isSecretWrite(call)) return undefined
      writer = leader
      write = call
      leader.program.kill('SIGSTOP')
      begin(leader)
      return released
    },
  }
  const onResponse: ProxyHook = {
    after: (call, status) => {
      if (call !== write) return false
      answer(status)
      if (proxy.hook === onResponse) proxy.hook = undefined
      return false
    },
  }
  return {
    begun,
    answered,
    release: () => {
      proxy.hook = write && onResponse
      letGo()
      writer?.program.kill('SIGCONT')
    },
  }
}

/** Whether a request changes a Secret. */
export function isSecretWrite({ method, path }: ProxiedRequest): boolean {
  return method !== 'GET' && path.includes('/secrets')
}

/** Kills the leader at its n-th call from now on. None of its later requests is forwarded. */
export function killAtCall(
  replicas: Replicas,
  { call: nth, done }: Pick<Extract<ReplicaFault, { kind: 'kill-at-call' }>, 'call' | 'done'>,
  onKilled: () => void,
): ProxyHook {
  let count = 0
  const kill = (call: ProxiedRequest, isDone: boolean): boolean => {
    if (!isCounted(call)) return false
    if (count < nth && isDone === done) {
      const victim = replicas.leader()
      if (!victim) return false
      count += 1
      if (count < nth) return false
      replicas.kill(victim)
      onKilled()
    }
    return count >= nth
  }
  return { before: (call) => kill(call, false), after: (call) => kill(call, true) }
}

function isCounted({ service, method, path }: ProxiedRequest): boolean {
  return service === 'kms' || (method !== 'GET' && !path.includes('/leases/'))
}
