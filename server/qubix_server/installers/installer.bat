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
py -3 -I -c "%QUBIX_FIT%" >nul 2>nul && set "QUBIX_PYTHON=py" && set "QUBIX_NEWEST=-3"

rem Else one on the PATH; but what is in WindowsApps only opens the Store.
if not defined QUBIX_PYTHON for /f "delims=" %%P in ('where python python3 2^>nul ^| findstr /i /v WindowsApps') do if not defined QUBIX_PYTHON "%%P" -I -c "%QUBIX_FIT%" >nul 2>nul && set "QUBIX_PYTHON=%%P"

rem Else uv, where it is, can get one without an administrator.
if not defined QUBIX_PYTHON where uv >nul 2>nul && echo Getting a Python of its own, with uv ... && uv python install 3.13 && for /f "delims=" %%P in ('uv python find 3.13 2^>nul') do set "QUBIX_PYTHON=%%P"

if not defined QUBIX_PYTHON goto qubix_no_python

"%QUBIX_PYTHON%" %QUBIX_NEWEST% -I -c "import sys; exec(open(sys.argv[1], 'rb').read().replace(b'\r\n', b'\n').split(b'\n:: === ')[2])" "%~f0" %*
set "QUBIX_RESULT=%ERRORLEVEL%"
goto qubix_end

:qubix_no_python
echo QUBIX needs Python 3.11 or newer, and this computer has none.
echo Get it from https://www.python.org/downloads/ (choose "Install Now": no administrator is
echo needed), then run this file again.
set "QUBIX_RESULT=1"

:qubix_end
if not "%QUBIX_RESULT%"=="0" echo QUBIX was not set up. The reason stands above.
if not defined QUBIX_NO_PAUSE pause
exit /b %QUBIX_RESULT%

:: === Values, which Python reads
@VALUES@
:: === # The program that puts the worker in its place and starts its setup
@PROGRAM@
:: === The worker, from here to the end of the file
