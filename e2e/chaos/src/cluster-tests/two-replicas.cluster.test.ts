import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { handover } from './handover.tests.ts'
import { shutdown } from './shutdown.tests.ts'
import { twoLeaders } from './two-leaders.tests.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'
import { wrongClock } from './wrong-clock.tests.ts'

/** Longer than a delayed renewal on a loaded machine. Some tests wait for its end. */
const LEASE_S = 10

describeCluster('with two replicas,', () => {
  const tests = useChaosEnvironment({ leaseSeconds: LEASE_S })
  handover(tests)
  shutdown(tests)
  twoLeaders(tests)
  wrongClock(tests, LEASE_S)
})
