import type { Recorder } from '../recorder/recorder.ts'
import type { System } from '../system/system.ts'

/** What a fault finds: the deployment, and requests on their way through it. */
export interface Scene {
  system: System
  recorder: Recorder
  /** The request that is held at a provider, if the fault was to wait for one. */
  held: string | undefined
  /** Settles when every request of the round has its answer. */
  answered: Promise<unknown>
}

/** Does something to the deployment, and settles when all of it runs again. */
export type Fault = (scene: Scene) => Promise<void>
