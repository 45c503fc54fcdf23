@echo off
rem QUBIX worker @VERSION@: the installer for Windows, made to be read.
rem
rem     qubix-worker-installer.bat [--help ^| --dry-run ^| --uninstall ^| --no-start]
rem
rem It does three things, all in your own account, and never asks for an administrator:
rem   1. finds a Python on this computer (3.11 or newer);
rem   2. puts the worker in its folder, after checking its SHA-256;
rem   3. runs the worker's setup, which joins the network named below and starts sharing.
rem
rem Steps 2 and 3 are a short Python program, which stands below the last line that is run here
rem (exit /b), together with the values that it uses and the worker itself, word for word.

setlocal EnableExtensions DisableDelayedExpansion
title QUBIX
set "QUBIX_FIT=import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
set "QUBIX_PYTHON="
set "QUBIX_NEWEST="

rem The launcher that comes with Python knows all Pythons of this computer.
py -3 -I -c "%QUBIX_FIT%" >nul 2>nul
if "%ERRORLEVEL%"=="0" set "QUBIX_NEWEST=-3"
if defined QUBIX_NEWEST set "QUBIX_PYTHON=py"

rem Else the first on the PATH, or one behind it.
for %%N in (python.exe python3.exe) do (set "QUBIX_CANDIDATE=%%~$PATH:N"& call :qubix_try)
for /f "delims=" %%P in ('where python python3 2^>nul') do (set "QUBIX_CANDIDATE=%%P"& call :qubix_try)

rem Else uv, where it is, can get one without an administrator.
if not defined QUBIX_PYTHON call :qubix_try_uv

if not defined QUBIX_PYTHON goto qubix_no_python

"%QUBIX_PYTHON%" %QUBIX_NEWEST% -I -c "import sys; exec(open(sys.argv[1], 'rb').read().replace(b'\r\n', b'\n').split(b'\n:: === ')[2])" "%~f0" %*
set "QUBIX_RESULT=%ERRORLEVEL%"
goto qubix_end

:qubix_no_python
echo @NOPYTHON@
echo Get it from https://www.python.org/downloads/ and choose "Install Now": that needs no
echo administrator.
set "QUBIX_RESULT=1"

:qubix_end
if not "%QUBIX_RESULT%"=="0" echo QUBIX was not set up. The reason stands above.
if not defined QUBIX_NO_PAUSE pause
exit /b %QUBIX_RESULT%

:qubix_try
if defined QUBIX_PYTHON exit /b 0
if not defined QUBIX_CANDIDATE exit /b 0
rem What is in WindowsApps only opens the Store.
if not "%QUBIX_CANDIDATE:WindowsApps=%"=="%QUBIX_CANDIDATE%" exit /b 0
"%QUBIX_CANDIDATE%" -I -c "%QUBIX_FIT%" >nul 2>nul
if "%ERRORLEVEL%"=="0" set "QUBIX_PYTHON=%QUBIX_CANDIDATE%"
exit /b 0

:qubix_try_uv
uv --version >nul 2>nul
if not "%ERRORLEVEL%"=="0" exit /b 0
echo Getting a Python of its own, with uv ...
uv python install 3.13
for /f "delims=" %%P in ('uv python find 3.13 2^>nul') do (set "QUBIX_CANDIDATE=%%P"& call :qubix_try)
exit /b 0

:: === Values, which Python reads
@VALUES@
:: === # The program that puts the worker in its place and starts its setup
@PROGRAM@
:: === The worker, from here to the end of the file
