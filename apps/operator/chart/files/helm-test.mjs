// Run by `helm test` in the image of the operator, without permissions: asks each replica for its metrics, as Prometheus does.
import { lookup } from 'node:dns/promises'

const [port, replicas, elects, shards, deadline, ...hosts] = process.argv.slice(1)
const endMs = Date.now() + Number(deadline) * 1_000

/** @returns the metrics of each address, or the error of one that does not answer */
async function answers() {
  const found = await Promise.all(hosts.map((host) => lookup(host, { all: true }).catch(() => [])))
  return Promise.all(found.flat().map(({ address, family }) => metricsAt(family === 6 ? `[${address}]` : address)))
}

async function metricsAt(address) {
  try {
    const response = await fetch(`http://${address}:${port}/metrics`, { signal: AbortSignal.timeout(3_000) })
    return response.ok ? await response.text() : new Error(`${address}: HTTP ${response.status}`)
  } catch (error) {
    return new Error(`${address}: ${error.cause?.message ?? error.message}`)
  }
}

/** @returns undefined if all is well, otherwise what is not */
function problemOf(found) {
  const failed = found.find((answer) => answer instanceof Error)
  if (failed) return `A replica does not answer: ${failed.message}`
  if (found.length < Number(replicas)) {
    return `${found.length} of ${replicas} replicas are ready. See kubectl get pods, and the log of a pod that is not.`
  }
  const leaders = found.filter((metrics) => /^acksm_leader 1$/m.test(metrics)).length
  if (leaders > Number(shards)) return `${leaders} replicas lead at the same time.`
  if (leaders === Number(shards)) return undefined
  if (shards === '1') return 'No replica leads: see the Lease for its holder, and the logs for permissions.'
  return `${leaders} of ${shards} shards work: see the Leases for their holders, and the logs for what they wait for.`
}

for (;;) {
  const found = await answers()
  const problem = problemOf(found)
  if (problem === undefined) {
    const working = shards === '1' ? 'one of them leads' : `${shards} of them share the work`
    const leads = elects === 'true' ? `, and ${working}` : ''
    console.log(`${found.length} of ${replicas} replicas are ready${leads}`)
    break
  }
  if (Date.now() >= endMs) {
    console.error(problem)
    process.exitCode = 1
    break
  }
  await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, endMs - Date.now())))
}
