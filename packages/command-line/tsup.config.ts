import { library } from '@ack-secret-manager/build'

export default library({ entry: { index: 'src/index.ts', 'mute-libraries': 'src/process/mute-libraries.ts' } })
