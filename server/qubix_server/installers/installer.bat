@echo off
rem QUBIX worker @VERSION@: the installer for Windows, made to be read.
rem It does three things, all in your own account, and never asks for an administrator:
rem   1. finds a Python on this computer (3.11 or newer); or gets one into its own folder by uv, a
rem      program that fetches Pythons; or, if that fails, asks whether to use winget;
rem   2. puts the worker in its folder, after checking its SHA-256;
rem   3. runs the worker's setup, which joins the network named below and starts sharing.
rem Stopped before the end, it takes back what it has begun. --dry-run tells all that it would do.
rem Steps 2 and 3 are a short Python program, which stands below the last line that is run here (exit /b), with
rem the values that it uses and the worker, word for word. cmd reads nothing of them, and PowerShell is not needed.

rem However this computer is set: with extensions, and an exclamation mark is only a character.
setlocal EnableExtensions DisableDelayedExpansion
title QUBIX
rem Commands are looked for on the PATH alone, by whole names: from a batch file cmd would not come back.
rem What is set for another Python, or to have one installed unasked, is not meant for this one.
set "NoDefaultCurrentDirectoryInExePath=1"& set "PYTHON_MANAGER_AUTOMATIC_INSTALL=false"
for %%V in (ERRORLEVEL PYTHONHOME PYTHONPATH PYLAUNCHER_ALLOW_INSTALL) do set "%%V="
for %%V in (PYTHON NEWEST DRY UNINSTALL PURGE SETUP MINE WAITS GOT BUILD DIGEST FOUND ANSWER CODE VIA PROXIES) do set "QUBIX_%%V="
set "QUBIX_SYSTEM=%SystemRoot%\System32"
set "QUBIX_RESULT=1"
rem --- What is asked for; what nobody knows is refused before anything is done.
:qubix_option
if [%1]==[] goto qubix_place
set "QUBIX_OPTION=%~1"& set "QUBIX_KNOWN="
for %%O in (-h --help) do if "%QUBIX_OPTION%"=="%%O" goto qubix_help
if "%QUBIX_OPTION%"=="/?" goto qubix_help
for %%O in (-y --yes -q --quiet -v --verbose --json) do if "%QUBIX_OPTION%"=="%%O" set "QUBIX_KNOWN=yes"
for %%O in (--no-start --no-autostart) do if "%QUBIX_OPTION%"=="%%O" set "QUBIX_KNOWN=setup"
if "%QUBIX_OPTION%"=="--dry-run" set "QUBIX_KNOWN=yes"& set "QUBIX_DRY=yes"
if "%QUBIX_OPTION%"=="--uninstall" set "QUBIX_KNOWN=yes"& set "QUBIX_UNINSTALL=yes"
if "%QUBIX_OPTION%"=="--purge" set "QUBIX_KNOWN=yes"& set "QUBIX_PURGE=yes"
for %%O in (--name --code --memory-limit-mb) do if "%QUBIX_OPTION%"=="%%O" set "QUBIX_KNOWN=value"
rem As in "--name=My computer"; without quotes, the equals sign parts two arguments here.
for %%O in (--name --code) do if "%QUBIX_OPTION:~0,7%"=="%%O=" set "QUBIX_KNOWN=setup"
for %%K in (setup value) do if "%QUBIX_KNOWN%"=="%%K" set "QUBIX_SETUP=yes"
if "%QUBIX_KNOWN%"=="value" if [%2]==[] goto qubix_unknown
if not defined QUBIX_KNOWN goto qubix_unknown
if "%QUBIX_KNOWN%"=="value" shift
shift
goto qubix_option
rem --- Where the worker keeps its program; it decides the same way (qubix_worker/paths.py).
:qubix_place
set "QUBIX_RESULT=2"& set "QUBIX_WHY=@NOTTOGETHER@"
if defined QUBIX_UNINSTALL if defined QUBIX_SETUP goto qubix_why
if not defined QUBIX_UNINSTALL if defined QUBIX_PURGE goto qubix_why
set "QUBIX_RESULT=1"
rem Out of a ZIP file that is only looked into, this file alone is put into a temporary folder, which goes away again.
set "QUBIX_HERE=%~dp0"
set "QUBIX_REST=%QUBIX_HERE:.zip=%"
set "QUBIX_REST=%QUBIX_REST:\7z=%"
set "QUBIX_REST=%QUBIX_REST:\Rar$=%"
set "QUBIX_WHY=@INZIP@"
if not "%QUBIX_REST%"=="%QUBIX_HERE%" if not "%QUBIX_HERE:\Temp\=%"=="%QUBIX_HERE%" goto qubix_why
set "QUBIX_WHY=@NOFOLDER@"
if not defined LOCALAPPDATA if not defined QUBIX_HOME goto qubix_why
set "QUBIX_DATA=%LOCALAPPDATA%\qubix\data"
if defined QUBIX_HOME for %%H in ("%QUBIX_HOME%") do set "QUBIX_DATA=%%~fH\data"
if not defined QUBIX_UNINSTALL goto qubix_find
if exist "%QUBIX_DATA%\qubix_worker.py" goto qubix_find
rem Settings that an uninstall has left go by --purge, unless a state is there: the application's.
if defined QUBIX_PURGE if not exist "%QUBIX_DATA%\..\state" if exist "%QUBIX_DATA%\..\config" (if defined QUBIX_DRY (echo Would remove the settings.) else rmdir /s /q "%QUBIX_DATA%\..\config")
call :qubix_undo
set "QUBIX_RESULT=0"& echo QUBIX is not on this computer.& goto qubix_end
:qubix_unknown
set "QUBIX_RESULT=2"& set "QUBIX_WHY=@UNKNOWNOPTION@"
:qubix_why
echo qubix: %QUBIX_WHY%
goto qubix_end
:qubix_help
echo Shares the idle processor and graphics card of this computer with a network.
echo.
echo   qubix-worker-installer.bat              set everything up and go online
echo   qubix-worker-installer.bat --no-start   set everything up, but do not start sharing
echo   qubix-worker-installer.bat --dry-run    say what would be done, and do nothing
echo   qubix-worker-installer.bat --uninstall  take everything away again (--purge: settings, too)
echo.
echo Also --name NAME, --memory-limit-mb MB, --no-autostart, --yes, --quiet, --verbose, --json.
set "QUBIX_RESULT=0"& goto qubix_end
rem --- A Python that is new enough, whole, for 64 bits, and from its publisher: one of the Store is
rem shown files that others are not shown, and a GCC one keeps them elsewhere.
:qubix_find
set "QUBIX_FIT=import sys, sysconfig, ctypes, ensurepip, ssl, venv, zlib; odd = 'WindowsApps' in sys.executable or 'GCC' in sys.version or sysconfig.get_config_var('Py_GIL_DISABLED');"
set "QUBIX_FIT=%QUBIX_FIT% sys.exit(bool(odd) or sys.version_info < (3, 11) or sys.maxsize < 2**32)"
rem The launcher that comes with Python knows most Pythons of this computer.
py.exe -3 -IB -c "%QUBIX_FIT%" >nul 2>nul <nul
if "%ERRORLEVEL%"=="0" set "QUBIX_NEWEST=-3"& set "QUBIX_PYTHON=py.exe"
call :qubix_look
if defined QUBIX_PYTHON goto qubix_run
rem --- Else uv, which is on the PATH, or is fetched. All that it writes is in the worker's folder.
if defined QUBIX_DRY echo There is no fit Python on this computer.
call :qubix_proxy
rem Of two that run at once, one gets it and the other waits, for an hour at most.
if not defined QUBIX_DRY for /l %%I in (1,1,900) do if not defined QUBIX_MINE if not defined QUBIX_PYTHON call :qubix_claim
if defined QUBIX_PYTHON goto qubix_run
set "QUBIX_WHY=@CANNOTWRITE@"& if defined QUBIX_WAITS set "QUBIX_WHY=@OTHERSETUP@"
if not defined QUBIX_DRY if not defined QUBIX_MINE goto qubix_no_uv
set "QUBIX_UV=uv.exe"
uv.exe --version >nul 2>nul <nul
if "%ERRORLEVEL%"=="0" goto qubix_have_uv
set "QUBIX_UV=%QUBIX_DATA%\uv\uv.exe"
set "QUBIX_KIND=%PROCESSOR_ARCHITECTURE%"
if defined PROCESSOR_ARCHITEW6432 set "QUBIX_KIND=%PROCESSOR_ARCHITEW6432%"
if "%QUBIX_KIND%"=="AMD64" set "QUBIX_BUILD=x86_64"& set "QUBIX_DIGEST=@UVWINDOWSX64@"
if "%QUBIX_KIND%"=="ARM64" set "QUBIX_BUILD=aarch64"& set "QUBIX_DIGEST=@UVWINDOWSARM64@"
set "QUBIX_WHY=@NOUVBUILD@"& if not defined QUBIX_BUILD goto qubix_no_uv
set "QUBIX_URL=/astral-sh/uv/releases/download/@UVVERSION@/uv-%QUBIX_BUILD%-pc-windows-msvc.zip"
rem A mirror may want a password, which is in its address then: not for the screen.
set "QUBIX_SHOWN=(UV_INSTALLER_GITHUB_BASE_URL)%QUBIX_URL%"
if not defined UV_INSTALLER_GITHUB_BASE_URL set "QUBIX_SHOWN=https://github.com%QUBIX_URL%"& set "UV_INSTALLER_GITHUB_BASE_URL=https://github.com"
if defined QUBIX_DRY echo Would fetch uv, SHA-256 %QUBIX_DIGEST%, from "%QUBIX_SHOWN%"& goto qubix_have_uv
set "QUBIX_WHY=@NOCURL@"& if not exist "%QUBIX_SYSTEM%\curl.exe" goto qubix_no_uv
echo Fetching uv @UVVERSION@ ...
rem Nor for a command line, which others can see: a cmd takes it out of the environment, and curl reads it.
rem With a bar, curl also says what it thinks of a proxy's address, and quotes that.
set "QUBIX_ALL=%UV_INSTALLER_GITHUB_BASE_URL%%HTTP_PROXY%%HTTPS_PROXY%%ALL_PROXY%"& set "QUBIX_BAR=-#"
if not "%QUBIX_ALL:@=%"=="%QUBIX_ALL%" set "QUBIX_BAR=-s"
"%QUBIX_SYSTEM%\cmd.exe" /d /v:on /c "echo url = !UV_INSTALLER_GITHUB_BASE_URL!!QUBIX_URL!"|"%QUBIX_SYSTEM%\curl.exe" -fgL %QUBIX_BAR% --retry 2 --connect-timeout 30 --speed-time 30 --speed-limit 1000 -o uv.zip --config -
set "QUBIX_CODE=%ERRORLEVEL%"
set "QUBIX_WHY="& if not "%QUBIX_CODE%"=="0" set "QUBIX_WHY=@NOTFETCHED@"
if "%QUBIX_CODE%"=="6" (set "QUBIX_WHY=@HOSTUNKNOWN@") else if "%QUBIX_CODE%"=="7" set "QUBIX_WHY=@NOTREACHED@"
if "%QUBIX_CODE%"=="22" (set "QUBIX_WHY=@NOTTHERE@") else if "%QUBIX_CODE%"=="23" set "QUBIX_WHY=@NOROOM@"
for %%V in (HTTPS_PROXY ALL_PROXY) do if defined %%V for %%C in (5 7 22 56 97) do if "%QUBIX_CODE%"=="%%C" set "QUBIX_WHY=@PROXYREFUSED@"
if "%QUBIX_CODE%"=="28" set "QUBIX_WHY=@TOOSLOW@"
for %%C in (35 51 53 58 59 60 77 80 82 83 90 91) do if "%QUBIX_CODE%"=="%%C" set "QUBIX_WHY=@NOTSECURE@"
if defined QUBIX_WHY goto qubix_no_uv
rem The one command of Windows that tells a digest: older ones part the digits with blanks.
for /f "skip=1 delims=" %%H in ('%QUBIX_SYSTEM%\certutil.exe -hashfile uv.zip SHA256') do if not defined QUBIX_FOUND set "QUBIX_FOUND=%%H"
if defined QUBIX_FOUND set "QUBIX_FOUND=%QUBIX_FOUND: =%"
if /i not "%QUBIX_FOUND%"=="%QUBIX_DIGEST%" set "QUBIX_WHY=@NOTEXPECTED@"& goto qubix_no_uv
"%QUBIX_SYSTEM%\tar.exe" -xf uv.zip <nul
set "QUBIX_WHY=@NOTUNPACKED@"& if not exist uv.exe goto qubix_no_uv
:qubix_have_uv
if defined QUBIX_DRY echo Would get a Python 3.13 by "%QUBIX_UV%" into "%QUBIX_DATA%\python"& goto qubix_dry
echo Getting a Python of its own, with uv ...
rem If one is there, it was looked at above, and is damaged.
set "QUBIX_WHY=@PYTHONINUSE@"& if exist "%QUBIX_DATA%\python" rmdir /s /q "%QUBIX_DATA%\python" 2>nul
if exist "%QUBIX_DATA%\python" goto qubix_no_uv
set "UV_PYTHON_INSTALL_DIR=%QUBIX_DATA%\python"& set "UV_CACHE_DIR=%QUBIX_DATA%\uv\cache"
for %%V in (BIN REGISTRY) do set "UV_PYTHON_INSTALL_%%V=0"
rem With this system's certificates, which some companies' networks ask for.
for %%V in (NO_CONFIG SYSTEM_CERTS) do set "UV_%%V=1"& set "QUBIX_GOT=yes"
"%QUBIX_UV%" python install 3.13 <nul
set "QUBIX_CODE=%ERRORLEVEL%"& set "QUBIX_WHY=@UVFAILED@"
call :qubix_look
if not defined QUBIX_PYTHON goto qubix_no_uv
popd
set "QUBIX_MINE="& rmdir /s /q "%QUBIX_DATA%\uv"
goto qubix_run
rem --- Else winget, which keeps what it installs among your programs, so it asks before. The launcher
rem is left out: where there is one for all accounts, only an administrator could replace it.
:qubix_no_uv
rem Ctrl+C ends a program with this status; and "no" was the answer to what cmd itself then asks.
if "%QUBIX_CODE%"=="-1073741510" set "QUBIX_WHY=@STOPPED@"& set "QUBIX_RESULT=130"
echo qubix: %QUBIX_WHY%
if defined QUBIX_DRY goto qubix_dry
call :qubix_undo
if "%QUBIX_RESULT%"=="130" goto qubix_end
winget.exe --version >nul 2>nul <nul
if not "%ERRORLEVEL%"=="0" goto qubix_no_python
echo winget is Windows' own way to install programs. Python would stand among your programs.
set /p "QUBIX_ANSWER=Install Python 3.13 for your account with winget now? [y/N] "
if /i not "%QUBIX_ANSWER:~0,1%"=="y" goto qubix_no_python
winget.exe install --exact --id Python.Python.3.13 --source winget --scope user --custom "Include_launcher=0" --silent --accept-package-agreements --accept-source-agreements <nul
call :qubix_look
if defined QUBIX_PYTHON goto qubix_run
:qubix_no_python
echo qubix: @NOPYTHON@
echo   https://www.python.org/downloads/ with "Install Now", which needs no administrator.
goto qubix_end
:qubix_dry
echo If there was still none, would ask whether winget may install the package Python.Python.3.13
if not defined QUBIX_UNINSTALL echo Would write the worker to "%QUBIX_DATA%\qubix_worker.py" and run its setup with that Python
if defined QUBIX_UNINSTALL echo Would run "%QUBIX_DATA%\qubix_worker.py" uninstall with that Python
echo Nothing was done.
set "QUBIX_RESULT=0"& goto qubix_end
rem --- The Python that was found takes the rest out of this file: it begins after "exit /b".
:qubix_run
if defined QUBIX_VIA set "ALL_PROXY="
"%QUBIX_PYTHON%" %QUBIX_NEWEST% -IB -c "import sys; exec(open(sys.argv[1], 'rb').read().replace(b'\r\n', b'\n').split(b'\n:: === ')[2])" "%~f0" %*
set "QUBIX_RESULT=%ERRORLEVEL%"
rem Where it was stopped, or all is gone, the Python that was fetched goes as well.
for %%V in (GOT UNINSTALL) do if defined QUBIX_%%V if not exist "%QUBIX_DATA%\qubix_worker.py" call :qubix_undo
:qubix_end
if not "%QUBIX_RESULT%"=="0" if not defined QUBIX_UNINSTALL echo QUBIX was not set up. The reason stands above.
if not defined QUBIX_NO_PAUSE pause
exit /b %QUBIX_RESULT%
rem --- Takes the folder "uv" for this run alone, or waits a little. From there on it works with names in it: nothing
rem that is in its path has to pass a command line. Windows moves no folder in which somebody works: one that can be
rem moved was left behind. And of two that have gone in, only one can give what is in it another name.
:qubix_claim
ren "%QUBIX_DATA%\uv" old-uv-%RANDOM% 2>nul
mkdir "%QUBIX_DATA%\uv\qubix-free" 2>nul
if not exist "%QUBIX_DATA%\uv" exit /b 1
pushd "%QUBIX_DATA%\uv"
"%QUBIX_SYSTEM%\cmd.exe" /d /c ren qubix-free qubix-taken 2>nul
if "%ERRORLEVEL%"=="0" set "QUBIX_MINE=yes"
if defined QUBIX_MINE for /d %%D in (..\old-uv-*) do rmdir /s /q "%%D" 2>nul
if defined QUBIX_MINE exit /b 0
popd
if not defined QUBIX_WAITS set "QUBIX_WAITS=yes"& echo Another setup of QUBIX gets a Python at this moment: waiting for it ...
"%QUBIX_SYSTEM%\ping.exe" -n 5 127.0.0.1 >nul
call :qubix_look
exit /b 0
rem --- The Pythons on the PATH; that we have fetched; where winget puts one; and in the registry, to
rem which python.org, conda and others write where they are.
:qubix_look
for %%N in (python.exe python3.exe) do (set "QUBIX_CANDIDATE=%%~$PATH:N"& call :qubix_try)
for /f "delims=" %%P in ('%QUBIX_SYSTEM%\where.exe $PATH:python.exe 2^>nul') do (set "QUBIX_CANDIDATE=%%P"& call :qubix_try)
for %%F in ("%QUBIX_DATA%\python" "%LOCALAPPDATA%\Programs\Python") do (set "QUBIX_FOLDER=%%~F"& call :qubix_below)
for %%K in (HKCU HKLM) do for /f "tokens=2,*" %%A in ('%QUBIX_SYSTEM%\reg.exe query %%K\Software\Python /s /v ExecutablePath 2^>nul') do (set "QUBIX_CANDIDATE=%%B"& call :qubix_try)
exit /b 0
:qubix_below
if not exist "%QUBIX_FOLDER%" exit /b 0
pushd "%QUBIX_FOLDER%"
for /d %%D in (*) do (set "QUBIX_CANDIDATE=%QUBIX_FOLDER%\%%D\python.exe"& call :qubix_try)
popd
exit /b 0
:qubix_try
if defined QUBIX_PYTHON exit /b 0
if not defined QUBIX_CANDIDATE exit /b 0
rem What is in WindowsApps only opens the Store.
if not "%QUBIX_CANDIDATE:WindowsApps=%"=="%QUBIX_CANDIDATE%" exit /b 0
if not exist "%QUBIX_CANDIDATE%" exit /b 0
"%QUBIX_CANDIDATE%" -IB -c "%QUBIX_FIT%" >nul 2>nul <nul
if "%ERRORLEVEL%"=="0" set "QUBIX_PYTHON=%QUBIX_CANDIDATE%"
exit /b 0
rem --- The proxy that is set in Windows, which curl and uv do not ask for, as Python and winget do: it is
rem host:port for all, or a list as http=host:port;https=host:port. (What is called ..._PROXY, Python takes for one.)
:qubix_proxy
for %%V in (HTTPS_PROXY ALL_PROXY) do if defined %%V exit /b 0
for /f "tokens=3" %%A in ('%QUBIX_SYSTEM%\reg.exe query "HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings" /v ProxyEnable 2^>nul') do if "%%A"=="0x1" set "QUBIX_VIA=yes"
for /f "tokens=1,3" %%A in ('%QUBIX_SYSTEM%\reg.exe query "HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings" /v ProxyServer 2^>nul') do if "%%A"=="ProxyServer" set "QUBIX_PROXIES=%%B"
for %%V in (VIA PROXIES) do if not defined QUBIX_%%V exit /b 0
for /f "tokens=1,* delims==" %%A in ("%QUBIX_PROXIES%") do if "%%B"=="" set "ALL_PROXY=%%A"
set "QUBIX_REST=%QUBIX_PROXIES:*https=%"
if not defined ALL_PROXY if not "%QUBIX_REST%"=="%QUBIX_PROXIES%" for /f "delims=;=" %%P in ("%QUBIX_REST%") do set "ALL_PROXY=%%P"
exit /b 0
rem --- What was fetched goes, and then each folder in which there is nothing else; never with a dry run,
rem and not what another run is about to use.
:qubix_undo
if defined QUBIX_DRY exit /b 0
if defined QUBIX_MINE popd
set "QUBIX_MINE="& set "QUBIX_OLD=old-uv-%RANDOM%"
ren "%QUBIX_DATA%\uv" %QUBIX_OLD% 2>nul
if exist "%QUBIX_DATA%\uv" exit /b 0
for %%D in (%QUBIX_OLD% python) do if exist "%QUBIX_DATA%\%%D" rmdir /s /q "%QUBIX_DATA%\%%D"
for %%D in ("%QUBIX_DATA%" "%QUBIX_DATA%\..") do rmdir "%%~fD" 2>nul
exit /b 0

:: === Values, which Python reads
@VALUES@
:: === # The program that puts the worker in its place and starts its setup
@PROGRAM@
:: === The worker, from here to the end of the file
