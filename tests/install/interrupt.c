/* Presses Ctrl-C in a console of Windows: interrupt PROGRAM ARGUMENT... starts the program, shows what it prints,
 * waits until this says Ctrl-C, presses it, and returns the program's exit status. */
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void show(HANDLE output)
{
    static char text[1 << 16];
    size_t length = 0;
    bool pressed = false;
    DWORD count;

    while (ReadFile(output, text + length, (DWORD)(sizeof(text) - 1 - length), &count, NULL) && count > 0) {
        fwrite(text + length, 1, count, stdout);
        length += count;
        text[length] = 0;
        if (pressed || !strstr(text, "Ctrl-C")) continue;
        pressed = true;
        SetConsoleCtrlHandler(NULL, TRUE); /* this program goes on */
        if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0))
            printf("Ctrl-C cannot be pressed: error %lu\n", GetLastError());
    }
}

int main(void)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof(inherited), .bInheritHandle = TRUE};
    STARTUPINFOW start = {.cb = sizeof(start), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION program;
    HANDLE output;
    DWORD status = 1;
    wchar_t *command = wcschr(GetCommandLineW(), L' ');

    _setmode(_fileno(stdout), _O_BINARY);
    while (command && *command == L' ') command++;
    if (!command || !CreatePipe(&output, &start.hStdOutput, &inherited, 0)) return 1;
    SetHandleInformation(output, HANDLE_FLAG_INHERIT, 0);
    start.hStdError = start.hStdOutput;
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &program)) {
        printf("cannot start the program: error %lu\n", GetLastError());
        return 1;
    }
    CloseHandle(start.hStdOutput);
    show(output);
    WaitForSingleObject(program.hProcess, INFINITE);
    GetExitCodeProcess(program.hProcess, &status);
    return (int)status;
}
