import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { compactedHistory } from './compacted-history.tests.ts'
import { killAtEachCall } from './kill-at-each-call.tests.ts'
import { lostResponse } from './lost-response.tests.ts'
import { useChaosEnvironment } from './use-chaos-environment.ts'

describeCluster('with one replica,', () => {
  const tests = useChaosEnvironment({ replicas: 1, args: ['--leader-elect=false'] })
  lostResponse(tests)
  killAtEachCall(tests)
  compactedHistory(tests)
})
