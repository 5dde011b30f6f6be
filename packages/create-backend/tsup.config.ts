import { library } from '@ack-secret-manager/build'

export default library({ entry: ['src/index.ts', 'src/main.ts'], dts: { entry: ['src/index.ts'] } })
