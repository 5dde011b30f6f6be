import { library } from '@ack-secret-manager/build'

export default library({ entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' } })
