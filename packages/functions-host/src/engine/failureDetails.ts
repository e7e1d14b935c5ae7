/**
 * The `Details` of a failed activity: the extension writes the exception as JSON, whose message an app finds a second and third
 * time behind the one it looks for. Stack frames are left out, as they name files of this machine.
 */
export function failureDetails(message: string): string {
  const remote = {
    $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script.Grpc',
    IsUserException: true,
    RemoteStackTrace: `Error: ${message}`,
    RemoteMessage: message,
    RemoteTypeName: '',
    Message: `Result: Failure\nType: \nException: ${message}\nStack: Error: ${message}`,
    Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
    InnerException: null,
    HelpLink: null,
    Source: 'System.Private.CoreLib',
    HResult: -2146233088,
    StackTrace: '',
  };
  return JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException: remote,
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: -2146233088,
    Source: null,
    WatsonBuckets: null,
  });
}
