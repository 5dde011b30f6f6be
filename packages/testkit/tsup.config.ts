import { library } from '@ack-secret-manager/build'

export default library({ entry: { index: 'src/index.ts', 'contract-reporter': 'src/reporter/contract-reporter.ts' } })
