import assert from 'node:assert/strict'
import { SYSTEM } from '@ack-secret-manager/e2e-install/install-environment'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'

const role = 'own'
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases/ack-secret-manager`
const DIGEST_KEY = `/api/v1/namespaces/${SYSTEM}/secrets/ack-secret-manager-digest-key`

/** The operator reads its digest key after it serves probes; a missing permission ends it before it leads. */
async function startedAndLeading(fixture: AblationFixture): Promise<void> {
  await (await fixture.start()).leading()
}

/** Deletes the Lease while no operator runs, because a leader recreates it at the next renewal. */
const remove = (where: string) => async (fixture: AblationFixture) => {
  await fixture.stop()
  await fixture.cluster.request('DELETE', where)
}

/** Permission for the Lease. */
function lease(verb: string, prepare?: (fixture: AblationFixture) => Promise<void>): Ablation {
  return {
    permission: `${verb} leases`,
    role,
    effect: 'The operator is ready but never leads, so nothing is synced.',
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (fixture) => {
      await fixture.start()
      await fixture.untilRefused()
      assert.match(await fixture.readyz(), /^ok\b/)
    },
    restored: (fixture) => fixture.operator.leading(),
  }
}

/** Permission for the digest key, where no cluster-wide permission includes it. */
function digestKey(verb: string, prepare?: (fixture: AblationFixture) => Promise<void>): Ablation {
  return {
    permission: `${verb} secrets`,
    role,
    effect: `The operator does not start; it exits and names the permission.`,
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (fixture) => {
      await assert.rejects(startedAndLeading(fixture), new RegExp(`${verb} secrets ${SYSTEM}/?[a-z-]*: 403 Forbidden`))
      await fixture.stop(1)
    },
    restored: async (fixture) => (await fixture.start()).leading(),
  }
}

/** The operator's own namespace. */
export const OWN_ABLATIONS: readonly Ablation[] = [
  lease('get'),
  // The Lease of the previous operator may or may not exist.
  lease('create', remove(LEASE)),
  lease('update'),
  lease('list'),
  {
    permission: 'watch leases',
    role,
    effect: 'A shard that joins is not acknowledged, and a standby learns seconds later that the Lease was released.',
    atStart: true,
    missing: async (fixture) => {
      await startedAndLeading(fixture)
      await fixture.untilRefused()
    },
    restored: (fixture) => fixture.operator.leading(),
  },
]

/** Additional permissions of the Role in the operator's own namespace with `rbac.scope: Namespaced`. */
export const DIGEST_KEY_ABLATIONS: readonly Ablation[] = [digestKey('get'), digestKey('create', remove(DIGEST_KEY))]
