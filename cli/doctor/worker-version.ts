import type { Fault } from '../../plugins/faults.ts'
import type { TemporalSettings } from '../deployment/environment.ts'
import { withTemporal } from '../stack/temporal/temporal-operator.ts'
import type { Verdict } from './verdict.ts'

const patience = 5_000
/** `NOT_FOUND` of gRPC. */
const notFound = 5

/**
 * Checks that some build of the worker deployment is current. Otherwise versioned workers get no work.
 * @returns no verdict when workers have no version, or Temporal can't be asked; the Temporal check reports that.
 */
export async function checkWorkerVersion(temporal: TemporalSettings): Promise<Verdict[]> {
  const { workerVersion, namespace, connectionOptions } = temporal
  if (workerVersion === undefined) return []
  const { deploymentName, buildId } = workerVersion
  const title = `Worker deployment (${deploymentName})`
  const makeCurrent = `temporal worker deployment set-current-version --namespace ${namespace} --deployment-name ${deploymentName} --build-id ${buildId}`
  try {
    const current = await withTemporal({ ...connectionOptions, connectTimeout: patience }, (connection) =>
      connection.withDeadline(Date.now() + patience, async () => {
        const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
          namespace,
          deploymentName,
        })
        return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId
      }),
    )
    if (current) return [{ title: `Worker deployment (${deploymentName}, build ${current})`, faults: [] }]
    return [{ title, faults: [nothingCurrent(`Run: ${makeCurrent}`)] }]
  } catch (error) {
    if (!isNotFound(error)) return []
    return [
      { title, faults: [nothingCurrent(`Start a worker of this deployment, then run: ${makeCurrent}`)] },
    ]
  }
}

function nothingCurrent(nextAction: string): Fault {
  return { message: 'No build of the worker deployment is current, so its workers get no work.', nextAction }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === notFound
}
